// Flags, environment and TOML by CLI11; see mktd.conf(5).
#include "daemon/ops/configuration.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <set>

#include "common/base/duration.h"
#include "common/base/journal.h"
#include "common/base/log.h"
#include "common/base/standard_streams.h"
#include "common/base/user_folders.h"
#include "common/base/utf8.h"
#include "daemon/http/listener.h"
#include "daemon/limits/redis_url.h"
#include "daemon/ops/configuration_file.h"
#include "daemon/ops/settings_text.h"
#include "daemon/ops/storage.h"
#include "mkt_version.h"

namespace mkt {
namespace {

// Options that only take effect in a new process.
constexpr auto kFixed = std::to_array<std::string_view>(
    {"data", "listen", "max-uploads", "max-connections-per-address", "webhook", "redis-url",
     "daemons", "database", "blobs", "blob-cache-bytes", "firestore-project", "firestore-database",
     "firestore-prefix", "firestore-bucket", "firestore-bucket-most-bytes", "web"});

// A file with a secret may only be readable by its owner and the daemon's group.
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

Status check_addresses(const Configuration& c) {
  for (const std::string& address : c.listen) MKT_CHECK(check_address(address));
  return {};
}

// What belongs together is named together. Whether the files can be used is seen later.
Status check_tls(const Configuration& c) {
  const auto wrong = [](std::string message) {
    return Error(ErrorCode::usage_error, std::move(message));
  };
  if (c.tls_certificate.empty() != c.tls_key.empty()) {
    return wrong(fmt::format("{} is set and {} is not; TLS needs both",
                             c.tls_key.empty() ? "tls-certificate" : "tls-key",
                             c.tls_key.empty() ? "tls-key" : "tls-certificate"));
  }
  if (!c.tls_certificate.empty()) {
    if (c.tls_client_certificates != "required" || !c.tls_client_ca.empty()) return {};
    return wrong("tls-client-certificates is required, so tls-client-ca must name who signs them");
  }
  if (!c.tls_client_ca.empty()) return wrong("tls-client-ca needs tls-certificate and tls-key");
  for (const std::string& address : c.listen) {
    if (!address.starts_with(kHttpsScheme)) continue;
    return wrong(
        fmt::format("listen: {} needs tls-certificate and tls-key, the files of the "
                    "certificate and its key",
                    printable(address)));
  }
  return {};
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

// As the schema of server.json has it; with a connector's id a name of at most 200 characters.
bool is_mcp_namespace(std::string_view text) {
  constexpr std::size_t kMax = 128;
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '-';
  };
  return !text.empty() && text.size() <= kMax && std::all_of(text.begin(), text.end(), fits);
}

template <typename T>
CLI::Option* add(CLI::App& app, const std::string& name, T& value, const std::string& what) {
  return app.add_option("--" + name, value, what)
      ->envname(variable_of(name))
      ->capture_default_str();
}

}  // namespace

void add_options(CLI::App& app, Configuration& c) {
  add(app, "data", c.data, "Folder of the database and the tarballs");
  add(app, "listen", c.listen,
      "Address to answer on, HOST:PORT, https://HOST:PORT or unix:PATH; port 0 picks a free one");
  add(app, "tls-certificate", c.tls_certificate,
      "Certificate for https:// addresses, with its chain, a PEM file");
  add(app, "tls-key", c.tls_key, "Its private key, a PEM file that only its owner may read");
  add(app, "tls-client-ca", c.tls_client_ca,
      "Authorities whose client certificates are accepted, a PEM file; none: not asked for");
  add(app, "tls-client-certificates", c.tls_client_certificates,
      "With tls-client-ca: optional (checked where given), or required")
      ->check(CLI::IsMember({"optional", "required"}));
  add(app, "allowed-hosts", c.allowed_hosts,
      "Names under which clients may reach the daemon, besides localhost and addresses");
  add(app, "allowed-origins", c.allowed_origins, "Web pages that may use the daemon, by origin");
  add(app, "trusted-proxies", c.trusted_proxies,
      "Addresses (CIDR) whose X-Forwarded-For is trusted; \"unix\" for the Unix socket");
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
  add(app, "limit", c.limit, "Rate limit, SCOPE=NUMBER/TIME or SCOPE=off, e.g. publish=10/15m");
  add(app, "on-redis-failure", c.on_redis_failure,
      "When Redis fails, memory (count here) or deny: WORD or SCOPE=WORD");
  app.add_option("--redis-url", c.redis_url, "Redis that shares the limits among daemons")
      ->envname("REDIS_URL");
  add(app, "daemons", c.daemons,
      "How many daemons share the limits; without Redis, each allows its part")
      ->check(CLI::Range(1, 1000));
  add(app, "database", c.database,
      "PostgreSQL that several daemons share, postgresql://USER@HOST/NAME; with --blobs");
  add(app, "blobs", c.blobs,
      "Bucket of the tarballs that several daemons share, s3://BUCKET?endpoint=URL");
  add(app, "blob-cache-bytes", c.blob_cache_bytes,
      "Most bytes of tarballs from there that are kept in the data folder");
  add(app, "firestore-project", c.firestore_project,
      "Mirror every change to Firestore in this project of Google Cloud");
  add(app, "firestore-database", c.firestore_database, "Its database");
  add(app, "firestore-prefix", c.firestore_prefix, "Prefix of its collections' names");
  add(app, "firestore-bucket", c.firestore_bucket, "Cloud Storage bucket for the tarballs");
  add(app, "firestore-bucket-most-bytes", c.firestore_bucket_most_bytes,
      "Tarballs larger than this are not put there");
  add(app, "firestore-most-waiting", c.firestore_most_waiting,
      "Changes that may wait for the mirror before the daemon is degraded")
      ->check(CLI::Range(std::int64_t{1}, std::numeric_limits<std::int64_t>::max()));
  add(app, "reads", c.reads,
      "Who may search, read and download: anyone, or who has a token of any role")
      ->check(CLI::IsMember({"anyone", "token"}));
  add(app, "token-lifetime", c.token_lifetime,
      "How long tokens are valid that are made without an expiry, e.g. 90d; empty: for ever")
      ->check([](const std::string& text) {
        if (text.empty()) return std::string();
        const auto lifetime = parse_duration(text);
        if (!lifetime) return lifetime.error().message;
        return lifetime->count() > 0 ? std::string() : "must be longer than nothing";
      });
  add(app, "mcp-namespace", c.mcp_namespace,
      "What the names of MCP servers begin with, such as com.acme for com.acme/slack")
      ->check([](const std::string& text) {
        return is_mcp_namespace(text) ? std::string()
                                      : "must be letters, digits, dots and hyphens, at most 128";
      });
  add(app, "registration", c.registration, "Who may register publishers: admin, or open to anyone")
      ->check(CLI::IsMember({"admin", "open"}));
  add(app, "log-level", c.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  add(app, "log-format", c.log_format, "logfmt or json")->check(CLI::IsMember({"logfmt", "json"}));
  add(app, "log-target", c.log_target,
      "Where the log goes: stderr, journal, or auto for the journal where stderr is one")
      ->check(CLI::IsMember({"auto", "stderr", "journal"}));
  app.add_flag("--access-log,!--no-access-log", c.access_log, "Log every request")
      ->default_str(c.access_log ? "true" : "false")
      ->envname("MKTD_ACCESS_LOG");
  add(app, "operations", c.operations, "Who may see metrics and status: anyone, or admin")
      ->check(CLI::IsMember({"anyone", "admin"}));
  add(app, "web", c.web, "Pages for people at /: on, or off")->check(CLI::IsMember({"on", "off"}));
  app.add_flag("--check-config", c.check_only, "Check the settings and exit");
  app.add_flag("--print-config", c.print_only,
               "Print a mktd.conf that has every default as a comment, and exit");
}

namespace {

std::map<std::string, std::string> settings_of(const CLI::App& app) {
  std::map<std::string, std::string> settings;
  for (const CLI::Option* option : app.get_options()) {
    if (!is_setting(*option)) continue;
    settings.emplace(option->get_lnames().front(),
                     fmt::format("{}", fmt::join(values_of(*option), ", ")));
  }
  return settings;
}

// What of [limits] is not the default, and [[limit]], as text, so that a reload can see whether
// they changed.
void describe_limits(Configuration& c) {
  const LimitRules defaults = LimitRules::defaults();
  LimitRules rules = defaults;
  // parse_arguments refuses what is wrong.
  for (const std::string& assignment : c.file_limit) (void)rules.set(assignment);
  for (const std::string& assignment : c.file_on_redis_failure) {
    (void)rules.set_on_redis_failure(assignment);
  }
  std::string& text = c.values["limits"];
  for (const LimitScope scope : kLimitScopes) {
    const auto limit = rules.limit_of(scope, "", "");
    if (limit != defaults.limit_of(scope, "", "")) {
      text += fmt::format(" {}={}", limit_scope_name(scope), limit ? limit->text() : "off");
    }
    if (rules.denies_without_redis(scope)) text += fmt::format(" {}=deny", limit_scope_name(scope));
  }
  for (const LimitRules::Exception& e : c.exceptions) {
    text += fmt::format("; {}{}{}", e.publisher, e.tenant, e.address);
    for (const auto& [scope, limit] : e.limits) {
      text += fmt::format(" {}={}", limit_scope_name(scope), limit ? limit->text() : "off");
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
  const std::filesystem::path home = home_folder();
  return home.empty() ? home : home / ".local/share/mktd";
}

Configuration default_configuration() {
  Configuration c;
  c.data = default_data_folder();
  c.listen = {"127.0.0.1:3456"};
  return c;
}

Status check_address(const std::string& written) {
  constexpr unsigned kMaxPort = 65'535;
  std::string_view address = written;
  if (address.starts_with("unix:")) return {};
  if (address.starts_with(kHttpsScheme)) address.remove_prefix(kHttpsScheme.size());
  const std::size_t colon = address.rfind(':');
  unsigned port = 0;
  const char* const end = address.data() + address.size();
  const char* const begin = colon == std::string_view::npos ? end : address.data() + colon + 1;
  const auto [stop, error] = std::from_chars(begin, end, port);
  if (error == std::errc() && stop == end && port <= kMaxPort && colon > 0) return {};
  return Error(ErrorCode::usage_error,
               fmt::format("listen: \"{}\" is not an address to listen on; write HOST:PORT with a "
                           "port of 0 to {}, https://HOST:PORT, or unix:PATH",
                           printable(written), kMaxPort));
}

Rules Configuration::rules() const {
  Rules rules{limits, registration == "open", reads == "anyone", {}};
  if (!token_lifetime.empty()) {
    // add_options has checked it.
    if (const auto lifetime = parse_duration(token_lifetime)) rules.token_lifetime = *lifetime;
  }
  return rules;
}

std::optional<TlsFiles> Configuration::tls_files() const {
  if (tls_certificate.empty()) return std::nullopt;
  return TlsFiles{tls_certificate, tls_key, tls_client_ca, tls_client_certificates == "required"};
}

void Configuration::keep_tls_of(const Configuration& other) {
  tls_certificate = other.tls_certificate;
  tls_key = other.tls_key;
  tls_client_ca = other.tls_client_ca;
  tls_client_certificates = other.tls_client_certificates;
  for (const char* name :
       {"tls-certificate", "tls-key", "tls-client-ca", "tls-client-certificates"}) {
    if (const auto it = other.values.find(name); it != other.values.end()) {
      values[name] = it->second;
    }
  }
}

Result<Admission> Configuration::admission() const {
  std::vector<AddressRange> proxies;
  for (const std::string& text : trusted_proxies) {
    auto range = AddressRange::parse(text);
    if (!range) return range.error().context("trusted-proxies");
    proxies.push_back(*range);
  }
  return Admission(allowed_hosts, allowed_origins, std::move(proxies), reads == "anyone");
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
  ParsedArguments parsed{default_configuration(), {}};
  Configuration& c = parsed.configuration;

  CLI::App app{"mktd keeps a team's connectors: it checks, stores and serves what mkt publishes.",
               "mktd"};
  app.footer(
      "Operations: mktd init, check, backup, restore, gc, migrate, mirror, status (mktd "
      "check --help)\n\nExample:\n  mktd --data ./registry --listen 127.0.0.1:3456\n\nSee "
      "mktd(8).");
  app.set_version_flag("--version", "mktd " MKT_VERSION);
  const auto file = std::make_shared<ConfigurationFile>(c, app);
  app.config_formatter(file);
  CLI::Option* const config =
      app.set_config("--config", "", "Read settings from this file, see mktd.conf(5)")
          ->envname("MKTD_CONFIG");
  app.allow_config_extras(CLI::config_extras_mode::error);
  add_options(app, c);
  try {
    app.parse(argc, argv);
    c.values = settings_of(app);
    describe_limits(c);
    for (const Webhook& webhook : c.webhooks) {
      c.values["webhook"] +=
          fmt::format("{} ({}) ", webhook.name(), fmt::join(webhook.events, ", "));
    }
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) {  // help and version, on stdout
      parsed.exit_now = app.exit(e);
      return parsed;
    }
    const std::string what = e.what();
    parsed.problems.push_back(fmt::format("{}{}; see: mktd --help", file->place_of(what), what));
    parsed.exit_now = static_cast<int>(ExitStatus::invalid);
    return parsed;
  }
  const auto refuse = [&](const Error& error) {
    parsed.problems.push_back(error.message);
    parsed.exit_now = static_cast<int>(ExitStatus::invalid);
  };
  if (c.data.empty()) {
    refuse(
        Error(ErrorCode::usage_error,
              "HOME is not set, so the place of the data is not known; name a folder with --data"));
  }
  if (const auto addresses = check_addresses(c); !addresses) refuse(addresses.error());
  if (const auto tls = check_tls(c); !tls) refuse(tls.error());
  if (const auto admission = c.admission(); !admission) refuse(admission.error());
  if (const auto rules = c.limit_rules(); !rules) refuse(rules.error());
  if (const auto mirror = check_firestore(c); !mirror) refuse(mirror.error());
  if (const auto url = RedisUrl::parse(c.redis_url); !c.redis_url.empty()) {
    if (!url) refuse(url.error());
    c.values["redis-url"] = url ? url->shown() : std::string();  // without the password, for logs
  }
  if (const auto ok = check_storage(c); !ok) refuse(ok.error());
  if (!c.database.empty()) {
    const auto target = postgres::PgTarget::parse(c.database);
    c.values["database"] = target ? target->place() : std::string();  // without the password
  }
  if (const auto ok = check_webhooks(c, config->count() > 0 ? config->as<std::string>() : "");
      !ok) {
    refuse(ok.error());
  }
  if (c.print_only && !parsed.exit_now) {
    write_to_stdout(settings_text(app));
    parsed.exit_now = 0;
  }
  return parsed;
}

void configure_log(const Configuration& c) {
  set_log_level(parse_log_level(c.log_level));
  set_log_format(c.log_format == "json" ? LogFormat::json : LogFormat::logfmt);
  const bool to_journal =
      c.log_target == "journal" || (c.log_target == "auto" && stderr_is_journal());
  const Status set = set_log_target(to_journal ? LogTarget::journal : LogTarget::standard_error);
  if (!set)
    log_event(LogLevel::warning, "the log goes on as before", {{"reason", set.error().message}});
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
