// Flags, environment and TOML by CLI11; see configuration.h and mktd.conf(5).
#include "daemon/ops/configuration.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>
#include <limits>
#include <set>

#include "daemon/limits/redis_url.h"
#include "mkt_version.h"

namespace mkt {
namespace {

// Options that only a new process can take over.
constexpr auto kFixed = std::to_array<std::string_view>(
    {"data", "listen", "max-uploads", "max-connections-per-address", "webhook", "redis-url",
     "daemons", "firestore-project", "firestore-database", "firestore-prefix", "firestore-bucket",
     "firestore-bucket-most-bytes"});

// TOML whose keys may be written with underscores as well as with hyphens. The tables [[webhook]]
// and [[limit]], which no option stands for, go to where they belong, and [limits] stands
// behind the options that say the same on the command line.
class ConfigurationFile : public CLI::ConfigTOML {
 public:
  explicit ConfigurationFile(Configuration& configuration) : c_(configuration) {}

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    std::vector<CLI::ConfigItem> options;
    for (CLI::ConfigItem& item : CLI::ConfigTOML::from_config(input)) {
      std::replace(item.name.begin(), item.name.end(), '_', '-');
      if (item.parents == std::vector<std::string>{"webhook"}) {
        read_webhook(item);
      } else if (item.parents == std::vector<std::string>{"limit"}) {
        read_exception(item);
      } else if (item.parents == std::vector<std::string>{"limits"}) {
        read_limit(item);
      } else if (item.parents == std::vector<std::string>{"firestore"}) {
        if (item.name == "++" || item.name == "--") continue;
        item.parents.clear();
        item.name = "firestore-" + item.name;
        options.push_back(std::move(item));
      } else {
        options.push_back(std::move(item));
      }
    }
    return options;
  }

 private:
  void read_limit(const CLI::ConfigItem& item) const {
    std::vector<std::string>& on_failure = c_.file_on_redis_failure;
    if (item.name == "on-redis-failure") {
      on_failure.insert(on_failure.end(), item.inputs.begin(), item.inputs.end());
    } else if (parse_limit_scope(item.name) && item.inputs.size() == 1) {
      c_.file_limit.push_back(item.name + "=" + item.inputs[0]);
    } else if (item.name != "++" && item.name != "--") {
      throw CLI::ConfigError::Extras("limits." + item.name);
    }
  }

  void read_exception(const CLI::ConfigItem& item) const {
    if (item.name == "++") {
      c_.exceptions.emplace_back();
      return;
    }
    if (item.name == "--") return;
    const std::string value = item.inputs.size() == 1 ? item.inputs[0] : std::string();
    LimitRules::Exception& exception = c_.exceptions.back();
    if (item.name == "publisher") {
      exception.publisher = value;
    } else if (item.name == "tenant") {
      exception.tenant = value;
    } else if (item.name == "address") {
      exception.address = value;
    } else if (const auto limit = parse_limit_assignment(item.name + "=" + value)) {
      exception.limits.insert(*limit);
    } else {
      throw CLI::ConversionError("limit." + item.name, limit.error().message);
    }
  }

  void read_webhook(const CLI::ConfigItem& item) const {
    if (item.name == "++") {
      c_.webhooks.emplace_back();
    } else if (item.name == "url" && item.inputs.size() == 1) {
      c_.webhooks.back().url = item.inputs[0];
    } else if (item.name == "secret" && item.inputs.size() == 1) {
      c_.webhooks.back().secret = item.inputs[0];
    } else if (item.name == "events") {
      c_.webhooks.back().events = item.inputs;
    } else if (item.name != "--") {
      throw CLI::ConfigError::Extras("webhook." + item.name);
    }
  }

  Configuration& c_;
};

// A file with a secret is for its owner, and the daemon's group.
Status check_webhooks(const Configuration& c, const std::string& file) {
  std::set<std::string> names;
  for (const Webhook& webhook : c.webhooks) {
    MKT_CHECK(webhook.check());
    if (names.insert(webhook.name()).second) continue;
    return Error(ErrorCode::usage_error, "two [[webhook]] have the same url and events");
  }
  struct stat status {};
  if (c.webhooks.empty() || ::stat(file.c_str(), &status) != 0) return {};
  if ((status.st_mode & S_IRWXO) == 0) return {};
  return Error(ErrorCode::usage_error,
               fmt::format("{} holds the secret of a webhook and can be read by everybody; run: "
                           "chmod o= {}",
                           file, file));
}

// They become parts of names in Firestore and of a URL.
Status check_firestore(const Configuration& c) {
  const auto is_plain = [](std::string_view text, std::string_view more) {
    return std::all_of(text.begin(), text.end(), [more](char ch) {
      return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
             more.find(ch) != std::string_view::npos;
    });
  };
  if (is_plain(c.firestore_project, "-.:") && is_plain(c.firestore_database, "()-") &&
      !c.firestore_database.empty() && is_plain(c.firestore_prefix, "_-") &&
      is_plain(c.firestore_bucket, "-_.")) {
    return {};
  }
  return Error(ErrorCode::usage_error,
               "firestore-project, firestore-database, firestore-prefix and firestore-bucket are "
               "letters, digits, hyphens; a prefix underscores too, a bucket also dots");
}

// "max-entries" → $MKTD_MAX_ENTRIES
std::string variable_of(std::string_view option) {
  std::string name = "MKTD_";
  for (const char c : option) {
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}

template <typename T>
CLI::Option* add(CLI::App& app, const std::string& name, T& value, const std::string& what) {
  return app.add_option("--" + name, value, what)
      ->envname(variable_of(name))
      ->capture_default_str();
}

void add_options(CLI::App& app, Configuration& c) {
  add(app, "data", c.data, "Folder of the database and the tarballs");
  add(app, "listen", c.listen,
      "Address to answer on, HOST:PORT or unix:PATH; port 0 picks a free one");
  add(app, "allowed-hosts", c.allowed_hosts,
      "Names under which clients may reach the daemon, beside localhost and addresses");
  add(app, "allowed-origins", c.allowed_origins, "Web pages that may use the daemon, by origin");
  add(app, "trusted-proxies", c.trusted_proxies,
      "Addresses (CIDR) whose X-Forwarded-For is believed; \"unix\" for the Unix socket");
  add(app, "max-tarball-bytes", c.limits.tarball_bytes, "Largest tarball accepted");
  add(app, "max-json-bytes", c.limits.json_body_bytes, "Largest body of POST /v1/publish accepted");
  add(app, "max-unpacked-bytes", c.limits.archive.unpacked_bytes,
      "Most bytes that a tarball may unpack to");
  add(app, "max-entries", c.limits.archive.entries,
      "Most files and folders that a tarball may hold");
  add(app, "max-uploads", c.max_uploads, "Bodies that are read at once; more wait")
      ->check(CLI::Range(1, 1024));
  add(app, "max-connections-per-address", c.max_connections_per_address,
      "Connections that one client address may hold; 0 for any number");
  add(app, "limit", c.limit,
      "Requests that one may make, SCOPE=NUMBER/TIME or SCOPE=off, e.g. publish=10/15m");
  add(app, "on-redis-failure", c.on_redis_failure,
      "Without Redis count in memory, or deny: WORD or SCOPE=WORD");
  app.add_option("--redis-url", c.redis_url, "Redis that shares the limits among daemons")
      ->envname("REDIS_URL");
  add(app, "daemons", c.daemons,
      "Daemons that share the limits; each allows its part without Redis")
      ->check(CLI::Range(1, 1000));
  add(app, "firestore-project", c.firestore_project,
      "Mirror every change to Firestore in this project of Google Cloud");
  add(app, "firestore-database", c.firestore_database, "Its database");
  add(app, "firestore-prefix", c.firestore_prefix, "How the names of its collections begin");
  add(app, "firestore-bucket", c.firestore_bucket,
      "Bucket of Cloud Storage that the tarballs go to");
  add(app, "firestore-bucket-most-bytes", c.firestore_bucket_most_bytes,
      "Larger tarballs do not go there");
  add(app, "firestore-most-waiting", c.firestore_most_waiting,
      "Changes that may wait for the mirror before the daemon is degraded")
      ->check(CLI::Range(std::int64_t{1}, std::numeric_limits<std::int64_t>::max()));
  add(app, "registration", c.registration, "Who may register publishers: admin, or open to anyone")
      ->check(CLI::IsMember({"admin", "open"}));
  add(app, "log-level", c.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  add(app, "log-format", c.log_format, "logfmt or json")->check(CLI::IsMember({"logfmt", "json"}));
  app.add_flag("--access-log,!--no-access-log", c.access_log, "Log every request (default: yes)")
      ->envname("MKTD_ACCESS_LOG");
  add(app, "operations", c.operations, "Who may see metrics and status: anyone, or admin")
      ->check(CLI::IsMember({"anyone", "admin"}));
  app.add_flag("--check-config", c.check_only, "Check the settings and exit");
}

std::map<std::string, std::string> values_of(const CLI::App& app) {
  std::map<std::string, std::string> values;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty()) continue;
    std::string text = option->get_default_str();
    if (option->count() > 0) text = fmt::format("{}", fmt::join(option->results(), ", "));
    values.emplace(option->get_lnames().front(), std::move(text));
  }
  return values;
}

// For a reload to see that [limits] or [[limit]] changed.
void describe_limits(Configuration& c) {
  std::string& text = c.values["limits"];
  text =
      fmt::format("{} {}", fmt::join(c.file_limit, " "), fmt::join(c.file_on_redis_failure, " "));
  for (const LimitRules::Exception& e : c.exceptions) {
    text += fmt::format("; {}{}{}", e.publisher, e.tenant, e.address);
    for (const auto& [scope, limit] : e.limits) {
      text += fmt::format(" {}={}", limit_scope_word(scope), limit ? limit->text() : "off");
    }
  }
}

}  // namespace

std::filesystem::path default_data_folder() {
  if (const char* systemd = std::getenv("STATE_DIRECTORY")) return systemd;
  if (::geteuid() == 0) return "/var/lib/mktd";
  if (const char* xdg = std::getenv("XDG_DATA_HOME"); xdg != nullptr && *xdg != '\0') {
    return std::filesystem::path(xdg) / "mktd";
  }
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr ? home : ".") / ".local/share/mktd";
}

Result<Admission> Configuration::admission() const {
  std::vector<AddressRange> proxies;
  for (const std::string& text : trusted_proxies) {
    auto range = AddressRange::parse(text);
    if (!range) return range.error().context("trusted-proxies");
    proxies.push_back(*range);
  }
  return Admission(allowed_hosts, allowed_origins, std::move(proxies));
}

Result<LimitRules> Configuration::limit_rules() const {
  LimitRules rules = LimitRules::defaults();
  for (const auto* list : {&file_limit, &limit}) {
    for (const std::string& assignment : *list) {
      if (const auto ok = rules.set(assignment); !ok) return ok.error().context("limit");
    }
  }
  for (const auto* list : {&file_on_redis_failure, &on_redis_failure}) {
    for (const std::string& assignment : *list) MKT_CHECK(rules.set_on_redis_failure(assignment));
  }
  for (const LimitRules::Exception& exception : exceptions) MKT_CHECK(rules.add(exception));
  return rules;
}

ParsedArguments parse_arguments(int argc, char** argv) {
  ParsedArguments parsed;
  Configuration& c = parsed.configuration;
  c.data = default_data_folder();
  c.listen = {"127.0.0.1:3456"};

  CLI::App app{"mktd keeps a team's connectors: it checks, stores and serves what mkt publishes."};
  app.footer("Example:\n  mktd --data ./registry --listen 127.0.0.1:3456\n\nSee mktd(8).");
  app.set_version_flag("--version", "mktd " MKT_VERSION);
  app.config_formatter(std::make_shared<ConfigurationFile>(c));
  CLI::Option* const config =
      app.set_config("--config", "", "Read settings from this file, see mktd.conf(5)")
          ->envname("MKTD_CONFIG");
  app.allow_config_extras(CLI::config_extras_mode::error);
  add_options(app, c);
  try {
    app.parse(argc, argv);
    c.values = values_of(app);
    describe_limits(c);
    for (const Webhook& webhook : c.webhooks) {
      c.values["webhook"] +=
          fmt::format("{} ({}) ", webhook.name(), fmt::join(webhook.events, ", "));
    }
  } catch (const CLI::ParseError& e) {
    // CLI11 prints help and version to stdout, errors to stderr.
    const int status = app.exit(e);
    parsed.exit_now = status == 0 ? 0 : static_cast<int>(ExitStatus::invalid);
    return parsed;
  }
  const auto refuse = [&](const Error& error) {
    fmt::print(stderr, "mktd: {}\n", error.message);
    parsed.exit_now = static_cast<int>(ExitStatus::invalid);
  };
  if (const auto admission = c.admission(); !admission) refuse(admission.error());
  if (const auto rules = c.limit_rules(); !rules) refuse(rules.error());
  if (const auto mirror = check_firestore(c); !mirror) refuse(mirror.error());
  if (const auto url = RedisUrl::parse(c.redis_url); !c.redis_url.empty()) {
    if (!url) refuse(url.error());
    c.values["redis-url"] = url ? url->shown() : std::string();  // what logs may show
  }
  if (const auto ok = check_webhooks(c, config->count() > 0 ? config->as<std::string>() : "");
      !ok) {
    refuse(ok.error());
  }
  return parsed;
}

Differences compare(const Configuration& before, const Configuration& after) {
  Differences differences;
  for (const auto& [name, value] : after.values) {
    const auto it = before.values.find(name);
    const std::string old = it == before.values.end() ? std::string() : it->second;
    if (old == value) continue;
    const bool fixed = std::find(kFixed.begin(), kFixed.end(), name) != kFixed.end();
    (fixed ? differences.need_restart : differences.taken_over)
        .push_back(fmt::format("{}: {}, now {}", name, old.empty() ? "(none)" : old,
                               value.empty() ? "(none)" : value));
  }
  return differences;
}

}  // namespace mkt
