// Flags, environment and TOML by CLI11; see mktd.conf(5).
#include "daemon/ops/configuration.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <type_traits>

#include "common/base/duration.h"
#include "common/base/journal.h"
#include "common/base/log.h"
#include "common/base/standard_streams.h"
#include "common/base/user_folders.h"
#include "daemon/limits/redis_url.h"
#include "daemon/ops/configuration_file.h"
#include "daemon/ops/setting_checks.h"
#include "daemon/ops/settings_text.h"
#include "daemon/store/postgres/pg_target.h"
#include "mkt_version.h"

namespace mkt {
namespace {

// Options that only take effect in a new process.
constexpr auto kFixed = std::to_array<std::string_view>(
    {"data", "listen", "max-uploads", "max-connections-per-address", "webhook", "redis-url",
     "daemons", "database", "blobs", "blob-cache-bytes", "firestore-project", "firestore-database",
     "firestore-prefix", "firestore-bucket", "firestore-bucket-most-bytes",
     "firestore-most-waiting", "web"});

constexpr const char* kConfigVariable = "MKTD_CONFIG";

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
  CLI::Option* const option = app.add_option("--" + name, value, what);
  if constexpr (std::is_integral_v<T>) option->check(wrong_number<T>);
  return option->envname(variable_of(name))->capture_default_str();
}

constexpr std::string_view kConfigFlag = "--config";

// Whether it is said which file has the settings; help is given whatever is in a file.
bool names_config(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return word == kConfigFlag || word.starts_with(fmt::format("{}=", kConfigFlag)) ||
           word == "--help" || word == "-h" || word == "--version";
  });
}

// The arguments. CLI11 would read the file before it looks for the variable that names the file.
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const char* const variable = std::getenv(kConfigVariable);
  if (!names_config(words) && variable != nullptr && *variable != '\0') {
    words.insert(words.begin(), {std::string(kConfigFlag), variable});
  }
  return words;
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
      "Names under which clients may reach the daemon, besides localhost and addresses")
      ->check(wrong_host);
  add(app, "allowed-origins", c.allowed_origins, "Web pages that may use the daemon, by origin")
      ->check(wrong_origin);
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
      ->check(wrong_lifetime);
  add(app, "keep-prereleases", c.keep_prereleases,
      "Withdraw prereleases of a connector that came before the newest of this number; 0: keep all")
      ->check(CLI::Range(0, 1'000'000));
  add(app, "mcp-namespace", c.mcp_namespace,
      "What the names of MCP servers begin with, such as com.acme for com.acme/slack")
      ->check(wrong_mcp_namespace);
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

// For logs.
void hide_passwords(Configuration& c) {
  const auto redis = RedisUrl::parse(c.redis_url);
  c.values["redis-url"] = redis ? redis->shown() : std::string();
  if (c.database.empty()) return;
  const auto database = postgres::PgTarget::parse(c.database);
  c.values["database"] = database ? database->place() : std::string();
}

}  // namespace

std::filesystem::path default_data_folder() {
  if (const char* systemd = std::getenv("STATE_DIRECTORY")) return systemd;
  if (::geteuid() == 0) return kSystemData;
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

Rules Configuration::rules() const {
  Rules rules{limits, registration == "open", reads == "anyone", {}};
  if (!token_lifetime.empty()) {
    // add_options has checked it.
    if (const auto lifetime = parse_duration_with_unit(token_lifetime))
      rules.token_lifetime = *lifetime;
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

namespace {

// The file of the data folder, where nobody names one. One that is there and cannot be read is an
// error, and no reason to do without.
std::optional<std::string> found_config(const std::vector<std::string>& words,
                                        const Configuration& c) {
  if (names_config(words) || c.data.empty()) return std::nullopt;
  const auto file = config_of_data(c.data);
  std::error_code error;
  const auto there = std::filesystem::symlink_status(file, error).type();
  if (there == std::filesystem::file_type::not_found) return std::nullopt;
  return file.string();
}

ParsedArguments parse_words(std::vector<std::string> words, Variables variables) {
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
      app.set_config("--config", "",
                     "Read settings from this file; by default the one that mktd init left, "
                     "see mktd.conf(5)")
          ->envname(kConfigVariable);
  app.allow_config_extras(CLI::config_extras_mode::error);
  add_options(app, c);
  if (variables == Variables::ignored) {
    for (CLI::Option* option : app.get_options()) option->envname("");
  }
  try {
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    app.parse(words);
    c.values = settings_of(app);
    if (config->count() > 0) c.file = config->as<std::string>();
    describe_limits(c);
    for (const Webhook& webhook : c.webhooks) {
      c.values["webhook"] += fmt::format("{} ({}; {}) ", webhook.name(), webhook.format,
                                         fmt::join(webhook.events, ", "));
    }
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) {  // help and version, on stdout
      parsed.exit_now = app.exit(e);
      return parsed;
    }
    const std::string what = e.what();
    const std::string place = file->place_named_in(what);
    const std::string problem = place + what;
    parsed.problems.push_back(fmt::format(
        "{}; see: {}", problem, file->is_told(problem) ? "man mktd.conf" : "mktd --help"));
    parsed.exit_now = static_cast<int>(ExitStatus::invalid);
    return parsed;
  }
  for (const SettingProblem& problem : check_settings(c, c.file)) {
    parsed.problems.push_back(file->place_of(problem.setting) + problem.error.message);
    parsed.exit_now = static_cast<int>(ExitStatus::invalid);
  }
  hide_passwords(c);
  if (c.print_only && !parsed.exit_now) parsed.settings = settings_text(app);
  return parsed;
}

}  // namespace

std::filesystem::path config_of_data(const std::filesystem::path& data) {
  // However it is written, and whatever links lead there.
  const auto place = [](const std::filesystem::path& folder) {
    std::error_code error;
    const auto whole = std::filesystem::weakly_canonical(folder, error);
    return (error ? folder : whole) / "mktd.conf";
  };
  const bool is_of_system = place(data) == place(kSystemData);
  return is_of_system ? std::filesystem::path(kSystemConfig) : data / "mktd.conf";
}

ParsedArguments parse_arguments(int argc, char** argv, Variables variables) {
  std::vector<std::string> words = words_of(argc, argv);
  ParsedArguments parsed = parse_words(words, variables);
  if (const auto file = found_config(words, parsed.configuration)) {
    words.insert(words.begin(), {std::string(kConfigFlag), *file});
    parsed = parse_words(std::move(words), variables);
    parsed.configuration.found_file = true;
  }
  if (!parsed.settings.empty()) {
    write_to_stdout(parsed.settings);
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

Differences compare(const Configuration& started_with, const Configuration& before,
                    const Configuration& after) {
  Differences differences;
  for (const auto& [name, value] : after.values) {
    const bool fixed = std::find(kFixed.begin(), kFixed.end(), name) != kFixed.end();
    const Configuration& other = fixed ? started_with : before;
    const auto it = other.values.find(name);
    const std::string old = it == other.values.end() ? std::string() : it->second;
    if (old == value) continue;
    (fixed ? differences.need_restart : differences.taken_over)
        .push_back(fmt::format("{}: {}, now {}", name, old.empty() ? "(none)" : old,
                               value.empty() ? "(none)" : value));
  }
  // Of the same name: their secrets are in no text.
  for (const Webhook& webhook : after.webhooks) {
    const auto same =
        std::find_if(started_with.webhooks.begin(), started_with.webhooks.end(),
                     [&](const Webhook& old) { return old.name() == webhook.name(); });
    if (same == started_with.webhooks.end() || same->secret == webhook.secret) continue;
    differences.need_restart.push_back(
        fmt::format("webhook: {} has another secret now", webhook.name()));
  }
  return differences;
}

}  // namespace mkt
