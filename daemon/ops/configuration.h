// The configuration of mktd, from its flags, its environment and mktd.conf, in this order of
// precedence.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "daemon/http/admission.h"
#include "daemon/http/tls_context.h"
#include "daemon/limits/limit_rules.h"
#include "daemon/mirror/bucket.h"
#include "daemon/service/marketplace.h"
#include "daemon/webhooks/webhooks.h"

namespace CLI {
class App;
}

namespace mkt {

struct Configuration {
  std::filesystem::path data;
  std::vector<std::string> listen;
  Limits limits;
  std::string reads = "anyone";   // who may read the catalog: "anyone" or "token"
  std::string token_lifetime;     // "90d": of tokens made without an expiry; empty: for ever
  unsigned keep_prereleases = 0;  // of a connector; 0: all
  std::string mcp_namespace = "internal.mkt";  // of servers in the MCP registry's API
  std::string registration = "admin";          // who may register publishers: "admin" or "open"
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> allowed_origins;
  std::vector<std::string> trusted_proxies;
  std::string tls_certificate;  // PEM files; empty: no TLS
  std::string tls_key;
  std::string tls_client_ca;
  std::string tls_client_certificates = "optional";  // or "required"; where tls_client_ca is set
  unsigned max_uploads = 16;
  unsigned max_connections_per_address = 1024;  // 0: no bound
  std::string log_level = "info";
  std::string log_format = "logfmt";
  std::string log_target = "auto";  // "stderr", "journal", or the journal where stderr is one
  bool access_log = true;
  std::string operations = "anyone";  // who may see /metrics and /v1/status: "anyone" or "admin"
  std::string web = "on";             // the pages for people: "on" or "off"
  bool check_only = false;
  bool print_only = false;
  std::vector<std::string> limit;             // "publish=10/15m"
  std::vector<std::string> on_redis_failure;  // "memory", "publish=deny"
  std::vector<std::string> file_limit;        // [limits] of the file; flags take precedence
  std::vector<std::string> file_on_redis_failure;
  std::vector<LimitRules::Exception> exceptions;  // [[limit]] of the file; has no flag
  std::string redis_url;
  unsigned daemons = 1;
  std::string firestore_project;  // empty: no mirror
  std::string database;           // of several daemons; empty: SQLite in the data folder
  std::string blobs;              // s3://…; empty: files in the data folder
  std::uint64_t blob_cache_bytes = std::uint64_t{10} << 30;
  std::string firestore_database = "(default)";
  std::string firestore_prefix = "gwi_";
  std::string firestore_bucket;  // empty: tarballs are only named
  std::uint64_t firestore_bucket_most_bytes = BucketOptions().most_bytes;
  std::int64_t firestore_most_waiting = 1'000'000;  // more waiting changes make the daemon degraded
  std::vector<Webhook> webhooks;                    // [[webhook]] of the file; has no flag

  // Every option as text, by its name; a reload compares these.
  std::map<std::string, std::string> values;
  std::string file;               // of the settings; empty where there is none
  bool found_file = false;        // nobody named it (config_of_data)
  std::size_t file_settings = 0;  // how many it has

  Rules rules() const;
  // nullopt where no certificate is named.
  std::optional<TlsFiles> tls_files() const;
  // What another configuration has of that, where a change of it needs a restart.
  void keep_tls_of(const Configuration& other);
  // usage_error, with the problem.
  Result<Admission> admission() const;
  // usage_error, with the problem.
  Result<LimitRules> limit_rules() const;
};

// $STATE_DIRECTORY from systemd, /var/lib/mktd for root, else one of the user's folders.
std::filesystem::path default_data_folder();

// The system's daemon: its data, and where its unit looks for the settings.
inline constexpr std::string_view kSystemData = "/var/lib/mktd";
inline constexpr std::string_view kSystemConfig = "/etc/mktd/mktd.conf";

// Where `mktd init` leaves the settings of a data folder, and mktd reads them where no other file
// is named.
std::filesystem::path config_of_data(const std::filesystem::path& data);

// With the defaults that depend on who runs it.
Configuration default_configuration();

// What the command line asks for: to run, or to exit at once with this status, after help or the
// version, which were printed, or for these problems, one sentence each, which were not.
struct ParsedArguments {
  Configuration configuration;
  std::optional<int> exit_now;
  std::vector<std::string> problems = {};
  std::string settings = {};  // as --print-config printed them
};

// Whether the variables of the environment count; for what a file alone says they do not.
enum class Variables { count, ignored };

ParsedArguments parse_arguments(int argc, char** argv, Variables variables = Variables::count);

// Declares the flags of the settings, but --config. The configuration must outlive the app.
void add_options(CLI::App& app, Configuration& configuration);

// Sets the log's level, format and target.
void configure_log(const Configuration& configuration);

// What differs, one line each, such as "max-entries: 20000, now 30000"; and what needs a restart.
struct Differences {
  std::vector<std::string> taken_over;
  std::vector<std::string> need_restart;
};
// What needs a restart is compared with what the daemon started with, so that it is told until the
// restart; the rest with what held before.
Differences compare(const Configuration& started_with, const Configuration& before,
                    const Configuration& after);

}  // namespace mkt
