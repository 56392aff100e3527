#include "cli/client/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <map>

#include "common/base/files.h"
#include "common/base/toml.h"
#include "common/base/user_folders.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::uint64_t kMaxConfigBytes = 64 * 1024;
constexpr std::uint64_t kMaxTokenBytes = 4096;
constexpr unsigned kMaxPort = 65'535;

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.pop_back();
  }
  return text;
}

constexpr auto kNames =
    std::to_array<std::string_view>({"registry", "token", "token_file", "tenant", "max_entries",
                                     "max_unpacked_bytes", "require_trusted"});

// By name; none for a missing file. Hyphens work as well as underscores, as in mktd.conf(5).
Result<std::map<std::string, std::string>> read_config() {
  std::map<std::string, std::string> values;
  const auto text = read_file(config_file(), kMaxConfigBytes);
  if (!text) {
    if (text.error().code == ErrorCode::not_found) return values;
    return text.error();
  }
  const std::string file = config_file().string();
  MKT_TRY(const auto settings, read_toml(*text, file));
  for (const TomlSetting& setting : settings) {
    std::string name = setting.name;
    std::replace(name.begin(), name.end(), '-', '_');
    if (!setting.table.empty() || std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
      return toml_error(file, setting.line,
                        fmt::format("{} is not a setting of mkt; the settings are {}",
                                    printable(setting.path()), fmt::join(kNames, ", ")));
    }
    if (setting.is_array) {
      return toml_error(file, setting.line, name + " takes one value, no list");
    }
    values.emplace(std::move(name), setting.values.front());
  }
  return values;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

Result<std::string> read_token(const std::filesystem::path& file) {
  auto text = read_file(file, kMaxTokenBytes);
  if (!text) return text.error().context("reading the token");
  return trimmed(*text);
}

}  // namespace

std::filesystem::path config_file() { return user_config_folder() / "config.toml"; }
std::filesystem::path keys_folder() { return user_config_folder() / "keys"; }

Result<std::string> registry_origin(std::string_view url) {
  const Error wrong(ErrorCode::usage_error,
                    fmt::format("\"{}\" is not a registry's URL; write http://HOST:PORT or "
                                "https://HOST",
                                printable(url.substr(0, 200))));
  std::string text(url);
  while (text.ends_with('/')) text.pop_back();
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string::npos) return wrong;
  std::string scheme = text.substr(0, scheme_end);
  std::string rest = text.substr(scheme_end + 3);
  for (std::string* part : {&scheme, &rest}) {
    for (char& c : *part) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
  }
  const bool plain = std::all_of(rest.begin(), rest.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' ||
           c == '[' || c == ']' || c == '_';
  });
  if ((scheme != "http" && scheme != "https") || rest.empty() || !plain) return wrong;
  // The host may be an address with colons, in brackets; the port follows the last colon.
  const std::size_t colon = rest.rfind(':');
  const std::size_t bracket = rest.rfind(']');
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    const std::string_view digits = std::string_view(rest).substr(colon + 1);
    unsigned port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port == 0 ||
        port > kMaxPort) {
      return wrong;
    }
  }
  const std::string default_port = scheme == "http" ? ":80" : ":443";
  if (rest.ends_with(default_port)) rest.resize(rest.size() - default_port.size());
  return scheme + "://" + rest;
}

bool is_loopback(std::string_view origin) {
  for (std::string_view host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (origin == host || origin.starts_with(std::string(host) + ":")) return true;
  }
  return false;
}

Result<UtcTime> parse_moment(std::string_view text, UtcTime now) {
  if (const auto time = parse_utc(text)) return *time;
  if (const auto day = parse_utc(std::string(text) + "T00:00:00Z")) return *day;
  if (const auto ago = parse_duration(text)) return now - *ago;
  return Error(ErrorCode::usage_error,
               fmt::format("\"{}\" is not a time; write 2026-01-31T12:00:00Z, 2026-01-31, or how "
                           "long ago: 24h, 7d",
                           printable(text.substr(0, 64))));
}

Result<Settings> Settings::load(const SettingFlags& flags) {
  MKT_CHECK(require_user_folders());
  MKT_TRY(const auto config, read_config());
  const auto configured = [&](const char* key) {
    const auto it = config.find(key);
    return it == config.end() ? std::string() : it->second;
  };
  const auto first_of = [](std::initializer_list<std::string> values) {
    for (const std::string& v : values) {
      if (!v.empty()) return v;
    }
    return std::string();
  };

  const auto limit = [&](const char* variable, const char* key, std::uint64_t& value) -> Status {
    const std::string text = first_of({environment(variable), configured(key)});
    if (text.empty()) return {};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && value > 0) return {};
    return Error(ErrorCode::usage_error,
                 fmt::format("{} ({}) must be a number above 0", variable, key));
  };

  Settings s;
  MKT_CHECK(limit("MKT_MAX_ENTRIES", "max_entries", s.archive.entries));
  MKT_CHECK(limit("MKT_MAX_UNPACKED_BYTES", "max_unpacked_bytes", s.archive.unpacked_bytes));
  MKT_TRY(s.registry, registry_origin(first_of({flags.registry, environment("MKT_REGISTRY"),
                                                configured("registry"), kDefaultRegistry})));
  const std::string tenant =
      first_of({flags.tenant, environment("MKT_TENANT"), configured("tenant")});
  if (!tenant.empty()) {
    MKT_TRY(s.tenant, TenantId::parse(tenant));
  }
  if (!flags.timeout.empty()) {
    MKT_TRY(s.timeout, parse_duration(flags.timeout));
  }

  const std::string required =
      first_of({environment("MKT_REQUIRE_TRUSTED"), configured("require_trusted")});
  if (!required.empty() && required != "true" && required != "false" && required != "1" &&
      required != "0") {
    return Error(ErrorCode::usage_error,
                 "MKT_REQUIRE_TRUSTED (require_trusted) must be true or false");
  }
  s.require_trusted = required == "true" || required == "1";
  const std::string ci = environment("CI");
  s.wait_for_limits = flags.wait || (!ci.empty() && ci != "false" && ci != "0");

  // `home` is the registry that the token belongs to; a token for another one is withheld.
  const auto use = [&](std::string secret, const char* name, const std::string& home) -> Status {
    MKT_TRY(const std::string origin, registry_origin(home));
    if (origin == s.registry) {
      s.token = std::move(secret);
    } else {
      s.withheld = fmt::format("{} is for {} and was not sent to {}", name, origin, s.registry);
    }
    return {};
  };
  const std::string config_home = first_of({configured("registry"), kDefaultRegistry});
  if (!flags.token_file.empty()) {
    MKT_TRY(s.token, read_token(flags.token_file));
  } else if (const std::string set = environment("MKT_TOKEN"); !set.empty()) {
    MKT_CHECK(use(set, "MKT_TOKEN", first_of({environment("MKT_REGISTRY"), s.registry})));
  } else if (const std::string kept = configured("token"); !kept.empty()) {
    MKT_CHECK(use(kept, "the token in config.toml", config_home));
  } else if (const std::string file = configured("token_file"); !file.empty()) {
    MKT_TRY(std::string from_file, read_token(file));
    MKT_CHECK(use(std::move(from_file), "the token_file of config.toml", config_home));
  }
  if (s.token && s.token->find_first_of("\r\n") != std::string::npos) {
    return Error(ErrorCode::usage_error, "the token must be one line");
  }
  return s;
}

Settings Settings::at(const std::string& origin) const {
  Settings other = *this;
  other.registry = origin;
  other.token.reset();
  other.withheld.clear();
  return other;
}

}  // namespace mkt
