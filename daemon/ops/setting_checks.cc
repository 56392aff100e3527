#include "daemon/ops/setting_checks.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>
#include <utility>

#include "common/base/duration.h"
#include "common/base/utf8.h"
#include "daemon/blobs/s3_url.h"
#include "daemon/http/admission.h"
#include "daemon/http/listener.h"
#include "daemon/limits/redis_url.h"
#include "daemon/store/postgres/pg_target.h"

namespace mkt {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

class Checks {
 public:
  Checks(const Configuration& c, const std::string& file) : c_(c), file_(file) {}

  std::vector<SettingProblem> all() && {
    check_data();
    check_addresses();
    check_tls();
    require("trusted-proxies", c_.admission());
    check_limits();
    check_firestore();
    if (!c_.redis_url.empty()) require("redis-url", RedisUrl::parse(c_.redis_url));
    check_storage();
    check_mode();
    return std::move(problems_);
  }

 private:
  void refuse(std::string_view setting, std::string message) {
    problems_.push_back({std::string(setting), Error(ErrorCode::usage_error, std::move(message))});
  }
  template <typename Outcome>
  void require(std::string_view setting, const Outcome& outcome) {
    if (!outcome) problems_.push_back({std::string(setting), outcome.error()});
  }

  void check_data() {
    if (!c_.data.empty()) return;
    refuse("data",
           "the place of the data is not known, as data is empty or HOME is not set; name a "
           "folder with --data");
  }

  void check_addresses() {
    std::set<std::string_view> places;
    for (const std::string& address : c_.listen) {
      require("listen", check_address(address));
      std::string_view place = address;
      if (place.starts_with(kHttpsScheme)) place.remove_prefix(kHttpsScheme.size());
      if (place.ends_with(":0") || places.insert(place).second) continue;  // 0: a free port each
      refuse("listen", fmt::format("listen: {} is there twice", printable(std::string(place))));
    }
  }

  // What belongs together is named together.
  void check_tls() {
    if (c_.tls_certificate.empty() != c_.tls_key.empty()) {
      const bool has_key = c_.tls_certificate.empty();
      const std::string_view there = has_key ? "tls-key" : "tls-certificate";
      return refuse(there, fmt::format("{} is set and {} is not; TLS needs both", there,
                                       has_key ? "tls-certificate" : "tls-key"));
    }
    if (!c_.tls_certificate.empty()) {
      if (c_.tls_client_certificates != "required" || !c_.tls_client_ca.empty()) return;
      return refuse("tls-client-certificates",
                    "tls-client-certificates is required, so tls-client-ca must name who signs "
                    "them");
    }
    if (!c_.tls_client_ca.empty()) {
      return refuse("tls-client-ca", "tls-client-ca needs tls-certificate and tls-key");
    }
    const auto encrypted =
        std::find_if(c_.listen.begin(), c_.listen.end(),
                     [](const std::string& address) { return address.starts_with(kHttpsScheme); });
    if (encrypted == c_.listen.end()) return;
    refuse("listen", fmt::format("listen: {} needs tls-certificate and tls-key, the files of the "
                                 "certificate and its key",
                                 printable(*encrypted)));
  }

  // Those of the file's tables were checked when it was read.
  void check_limits() {
    for (const std::string& assignment : c_.limit) {
      const Status right = LimitRules().set(assignment);
      if (!right) refuse("limit", "limit: " + right.error().message);
    }
    for (const std::string& assignment : c_.on_redis_failure) {
      require("on-redis-failure", LimitRules().set_on_redis_failure(assignment));
    }
  }

  // They become parts of names in Firestore and of a URL.
  void check_firestore() {
    const auto require_plain = [&](std::string_view setting, const std::string& text,
                                   std::string_view more, std::string_view words) {
      const bool is_plain = std::all_of(text.begin(), text.end(), [more](char c) {
        return is_letter_or_digit(c) || more.find(c) != std::string_view::npos;
      });
      if (is_plain) return;
      refuse(setting, fmt::format("{}: \"{}\" may only have letters, digits{}", setting,
                                  printable(text), words));
    };
    require_plain("firestore-project", c_.firestore_project, "-.:", ", hyphens, dots and colons");
    require_plain("firestore-database", c_.firestore_database, "()-",
                  " and hyphens, or be (default)");
    require_plain("firestore-prefix", c_.firestore_prefix, "_-", ", hyphens and underscores");
    require_plain("firestore-bucket", c_.firestore_bucket, "-_.",
                  ", hyphens, underscores and dots");
    if (!c_.firestore_database.empty()) return;
    refuse("firestore-database", "firestore-database is empty; write (default) for the usual one");
  }

  void check_storage() {
    if (c_.database.empty() != c_.blobs.empty()) {
      return refuse(c_.database.empty() ? "blobs" : "database",
                    "database and blobs go together: daemons that share their records must share "
                    "the tarballs, too");
    }
    if (c_.database.empty()) return;
    if (const auto target = postgres::PgTarget::parse(c_.database); !target) {
      refuse("database", "database: " + target.error().message);
    }
    if (const auto url = S3Url::parse(c_.blobs); !url) {
      refuse("blobs", "blobs: " + url.error().message);
    }
  }

  // One with a secret may only be readable by its owner and the daemon's group.
  void check_mode() {
    struct stat status {};
    if (file_.empty() || ::stat(file_.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    if (std::string wrong = wrong_config_mode(file_, status.st_mode); !wrong.empty()) {
      refuse("", std::move(wrong));
    } else if (!c_.webhooks.empty() && (status.st_mode & S_IRWXO) != 0) {
      refuse("", fmt::format("{0} holds the secret of a webhook and can be read by everybody; run: "
                             "chmod o= {0}",
                             printable(file_)));
    }
  }

  const Configuration& c_;
  const std::string& file_;
  std::vector<SettingProblem> problems_;
};

}  // namespace

std::string wrong_config_mode(const std::string& file, unsigned mode) {
  constexpr unsigned kPermissions = 07777;
  if ((mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return fmt::format(
      "others may write {0} (mode {1:04o}), and with it the registry's settings; look at it, then "
      "run: chmod go-w {0}",
      printable(file), mode & kPermissions);
}

std::vector<SettingProblem> check_settings(const Configuration& c, const std::string& file) {
  return Checks(c, file).all();
}

Status check_address(const std::string& written) {
  constexpr unsigned kMaxPort = 65'535;
  std::string_view address = written;
  constexpr std::string_view kUnix = "unix:";
  const Error wrong(ErrorCode::usage_error,
                    fmt::format("listen: \"{}\" is not an address to listen on; write HOST:PORT "
                                "with a port of 0 to {}, https://HOST:PORT, or unix:PATH",
                                printable(written), kMaxPort));
  if (address.starts_with(kUnix)) return address.size() > kUnix.size() ? Status() : wrong;
  if (address.starts_with(kHttpsScheme)) address.remove_prefix(kHttpsScheme.size());
  const std::size_t colon = address.rfind(':');
  // A host with colons is an IPv6 address, in brackets.
  const std::string_view host = address.substr(0, colon);
  const bool is_v6 = host.starts_with('[') && host.ends_with(']');
  if (host.find('/') != std::string_view::npos ||
      (!is_v6 && host.find_first_of("[]:") != std::string_view::npos)) {
    return wrong;
  }
  unsigned port = 0;
  const char* const end = address.data() + address.size();
  const char* const begin = colon == std::string_view::npos ? end : address.data() + colon + 1;
  const auto [stop, error] = std::from_chars(begin, end, port);
  if (error == std::errc() && stop == end && port <= kMaxPort && colon > 0) return {};
  return wrong;
}

std::string wrong_host(const std::string& text) {
  if (is_host_name(text)) return {};
  return fmt::format(
      "\"{}\" is no name of a host; write one without scheme, port and path, such as "
      "registry.acme.example (each name by itself, as * stands for nothing here)",
      printable(text));
}

std::string wrong_origin(const std::string& text) {
  if (is_web_origin(text)) return {};
  return fmt::format(
      "\"{}\" is no origin; write SCHEME://HOST or SCHEME://HOST:PORT as browsers do, without a "
      "path and without the scheme's usual port, such as https://tools.acme.example",
      printable(text));
}

std::string wrong_lifetime(const std::string& text) {
  if (text.empty()) return {};
  const auto lifetime = parse_duration_with_unit(text);
  if (!lifetime) return lifetime.error().message;
  return lifetime->count() > 0 ? std::string() : "must be longer than nothing";
}

std::string wrong_mcp_namespace(const std::string& text) {
  constexpr std::size_t kMax = 128;  // with a connector's id a name of at most 200 characters
  const bool is_right =
      !text.empty() && text.size() <= kMax && std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter_or_digit(c) || c == '.' || c == '-';
      });
  return is_right ? std::string() : "must be letters, digits, dots and hyphens, at most 128";
}

}  // namespace mkt
