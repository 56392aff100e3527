#include "daemon/store/postgres/cluster_rows.h"

#include <array>

#include "common/base/json.h"

namespace mkt::postgres {
namespace {

// Another version may have written what this one does not understand.
std::map<std::string, std::string> settings_of(const std::string& text) {
  std::map<std::string, std::string> settings;
  const auto json = parse_json(text, "a daemon's settings");
  if (!json || !json->is_object()) return settings;
  for (const auto& [name, digest] : json->items()) {
    if (digest.is_string()) settings.emplace(name, digest.get<std::string>());
  }
  return settings;
}

}  // namespace

PgResult<ClusterState> read_cluster_state(Connection& connection, PgDeadline deadline) {
  const std::array statements{
      PgStatement("SELECT " MKT_DATABASE_NOW ", seq, era FROM log_head WHERE id = 1"),
      PgStatement("SELECT id, host, url, version, settings, started_at, applied, until "
                  "FROM daemons ORDER BY id"),
      PgStatement("SELECT name, holder, term, until FROM job_leases ORDER BY name")};
  PgAnswers answers = connection.exchange(statements, deadline);
  if (answers.failure) return std::move(*answers.failure);
  ClusterState state;
  answers.rows[0][0].get(state.now, state.newest, state.era);
  for (int i = 0; i < answers.rows[1].size(); ++i) {
    ClusterDaemon& d = state.daemons.emplace_back();
    std::string settings;
    answers.rows[1][i].get(d.id, d.host, d.url, d.version, settings, d.started_at, d.applied,
                           d.until);
    d.settings = settings_of(settings);
  }
  for (int i = 0; i < answers.rows[2].size(); ++i) {
    ClusterJob& j = state.jobs.emplace_back();
    answers.rows[2][i].get(j.name, j.holder, j.term, j.until);
  }
  return state;
}

}  // namespace mkt::postgres
