// What mktd is told by its flags, its environment and mktd.conf, in this order of precedence.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "daemon/http/admission.h"
#include "daemon/limits/limit_rules.h"
#include "daemon/mirror/bucket.h"
#include "daemon/service/marketplace.h"
#include "daemon/webhooks/webhooks.h"

namespace mkt {

struct Configuration {
  std::filesystem::path data;
  std::vector<std::string> listen;
  Limits limits;
  std::string registration = "admin";  // who may register publishers: "admin" or "open"
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> allowed_origins;
  std::vector<std::string> trusted_proxies;
  unsigned max_uploads = 16;
  unsigned max_connections_per_address = 1024;  // 0: no bound
  std::string log_level = "info";
  std::string log_format = "logfmt";
  bool access_log = true;
  std::string operations = "anyone";  // who may see /metrics and /v1/status: "anyone" or "admin"
  bool check_only = false;
  std::vector<std::string> limit;             // "publish=10/15m"
  std::vector<std::string> on_redis_failure;  // "memory", "publish=deny"
  std::vector<std::string> file_limit;        // [limits] of the file: flags stand before them
  std::vector<std::string> file_on_redis_failure;
  std::vector<LimitRules::Exception> exceptions;  // [[limit]] of the file; nowhere else
  std::string redis_url;
  unsigned daemons = 1;
  std::string firestore_project;  // empty: no mirror
  std::string firestore_database = "(default)";
  std::string firestore_prefix = "gwi_";
  std::string firestore_bucket;  // empty: tarballs are only named
  std::uint64_t firestore_bucket_most_bytes = BucketOptions().most_bytes;
  std::int64_t firestore_most_waiting = 1'000'000;  // more makes the daemon degraded
  std::vector<Webhook> webhooks;                    // [[webhook]] of the file; nowhere else

  // Every option as text, by its name: what a reload compares.
  std::map<std::string, std::string> values;

  Rules rules() const { return {limits, registration == "open"}; }
  // usage_error, naming what is wrong.
  Result<Admission> admission() const;
  // usage_error, naming what is wrong.
  Result<LimitRules> limit_rules() const;
};

// $STATE_DIRECTORY of systemd, /var/lib/mktd for root, else a folder of the user's.
std::filesystem::path default_data_folder();

// What the command line asks for: to run, or to end at once with this status (help, version, a
// usage error whose message has been printed).
struct ParsedArguments {
  Configuration configuration;
  std::optional<int> exit_now;
};

ParsedArguments parse_arguments(int argc, char** argv);

// How and what to log.
void configure_log(const Configuration& configuration);

// What is different, one line each: "max-entries: 20000, now 30000"; and what needs a restart.
struct Differences {
  std::vector<std::string> taken_over;
  std::vector<std::string> need_restart;
};
Differences compare(const Configuration& before, const Configuration& after);

}  // namespace mkt
