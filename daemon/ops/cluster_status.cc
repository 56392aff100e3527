#include "daemon/ops/cluster_status.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "common/base/utf8.h"
#include "common/signing/hmac.h"
#include "daemon/store/postgres/postgres_store.h"

namespace mkt {
namespace {

// Daemons that differ in one of these answer the same question differently.
constexpr auto kShared = std::to_array<std::string_view>(
    {"reads", "registration", "token-lifetime", "keep-prereleases", "max-tarball-bytes",
     "max-json-bytes", "max-unpacked-bytes", "max-entries", "limit", "limits", "on-redis-failure",
     "redis-url", "daemons", "blobs", "webhook"});
// And where one daemon mirrors, another that mirrors must do the same.
constexpr auto kOfMirror =
    std::to_array<std::string_view>({"firestore-project", "firestore-database", "firestore-prefix",
                                     "firestore-bucket", "firestore-bucket-most-bytes"});
constexpr std::size_t kDigestDigits = 16;

bool is_alive(const ClusterState& state, const ClusterDaemon& daemon) {
  return daemon.until > state.now;
}

const ClusterDaemon* find_daemon(const ClusterState& state, const std::string& id) {
  const auto found = std::ranges::find(state.daemons, id, &ClusterDaemon::id);
  return found == state.daemons.end() ? nullptr : &*found;
}

std::string seconds_until(UtcTime now, UtcTime then) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(then - now).count();
  return left > 0 ? fmt::format("{} s", left) : std::string("over");
}

std::string name_of(const ClusterDaemon& d) {
  return printable(d.url.empty() ? fmt::format("{} ({})", d.id, d.host) : d.url);
}

}  // namespace

std::map<std::string, std::string> digests_of_settings(const Configuration& configuration) {
  std::map<std::string, std::string> digests;
  std::vector<std::string_view> names(kShared.begin(), kShared.end());
  if (!configuration.firestore_project.empty()) {
    names.insert(names.end(), kOfMirror.begin(), kOfMirror.end());
  }
  for (const std::string_view name : names) {
    const auto value = configuration.values.find(std::string(name));
    if (value == configuration.values.end()) continue;
    digests.emplace(name, hmac_sha256("mktd settings", value->second).substr(0, kDigestDigits));
  }
  return digests;
}

Json cluster_document(const ClusterState& state) {
  Json daemons = Json::array(), jobs = Json::array();
  for (const ClusterDaemon& d : state.daemons) {
    daemons.push_back({{"id", d.id},
                       {"host", d.host},
                       {"url", d.url},
                       {"version", d.version},
                       {"startedAt", format_utc(d.started_at)},
                       {"alive", is_alive(state, d)},
                       {"leaseUntil", format_utc(d.until)},
                       {"applied", d.applied},
                       {"behind", std::max<std::int64_t>(0, state.newest - d.applied)}});
  }
  for (const ClusterJob& j : state.jobs) {
    const bool held = j.until > state.now;
    jobs.push_back({{"name", j.name},
                    {"daemon", held ? Json(j.holder) : Json(nullptr)},
                    {"term", j.term},
                    {"leaseUntil", format_utc(j.until)}});
  }
  return {{"at", format_utc(state.now)},
          {"sequence", state.newest},
          {"era", state.era},
          {"daemons", daemons},
          {"jobs", jobs},
          {"differentSettings", state.different_settings()}};
}

std::string describe_cluster(const ClusterState& state) {
  std::string text = fmt::format("{:<16}  {:<34}  {:<10}  {:>8}  {:>6}\n", "DAEMON", "URL",
                                 "VERSION", "BEHIND", "LEASE");
  for (const ClusterDaemon& d : state.daemons) {
    text += fmt::format("{:<16}  {:<34}  {:<10}  {:>8}  {:>6}\n", printable(d.host), name_of(d),
                        printable(d.version), std::max<std::int64_t>(0, state.newest - d.applied),
                        seconds_until(state.now, d.until));
  }
  text += fmt::format("\n{:<42}  {:<34}  {:<24}  {:>6}\n", "JOB", "DAEMON", "SINCE", "LEASE");
  for (const ClusterJob& j : state.jobs) {
    const bool held = j.until > state.now;
    const ClusterDaemon* const daemon = held ? find_daemon(state, j.holder) : nullptr;
    text += fmt::format("{:<42}  {:<34}  {:<24}  {:>6}\n", printable(j.name),
                        daemon != nullptr ? name_of(*daemon)
                        : held            ? printable(j.holder)
                                          : "nobody",
                        format_utc(from_unix_ms(j.term)), seconds_until(state.now, j.until));
  }
  text += fmt::format("\nThe newest entry of the log is {}", state.newest);
  if (state.era > 1) {
    text += fmt::format("; history was lost {} time{}, see history.lost in: mkt log", state.era - 1,
                        state.era == 2 ? "" : "s");
  }
  if (const auto different = state.different_settings(); !different.empty()) {
    text += fmt::format("\nSettings differ between the daemons: {}", fmt::join(different, ", "));
  }
  return text;
}

Result<ClusterState> ask_for_cluster(const std::string& database_url) {
  MKT_TRY(const auto store, PostgresStore::open(database_url));
  return store->cluster();
}

}  // namespace mkt
