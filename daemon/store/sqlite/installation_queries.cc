// The SQL of installations; see installation_queries.h.
#include "daemon/store/sqlite/installation_queries.h"

#include <fmt/format.h>

#include "daemon/store/sqlite/log_queries.h"

namespace mkt::installation_queries {
namespace {

// Column order of every SELECT on installations below.
#define MKT_INSTALLATION_COLUMNS                                                   \
  "tenant_id, connector_id, version, checksum, config, request_id, installed_by, " \
  "installed_at, updated_at"

InstallationRecord installation_row(const Query& row) {
  return {row.text(0), row.text(1), row.text(2), row.text(3), row.text(4),
          row.text(5), row.text(6), row.time(7), row.time(8)};
}

std::vector<InstallationRecord> all(Query& row) {
  std::vector<InstallationRecord> installations;
  while (row.step()) installations.push_back(installation_row(row));
  return installations;
}

std::string subject_of(std::string_view tenant_id, std::string_view connector_id) {
  return fmt::format("{}/{}", tenant_id, connector_id);
}

void add_event(Database& db, const InstallationRecord& i, std::string_view action,
               std::string_view previous_version, UtcTime at, const Actor& actor) {
  db.query(R"sql(
      INSERT INTO installation_events
        (tenant_id, connector_id, action, version, previous_version, request_id, actor, at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?))sql")
      .bind(i.tenant_id)
      .bind(i.connector_id)
      .bind(action)
      .bind(i.version)
      .bind(previous_version)
      .bind(i.request_id)
      .bind(actor.who)
      .bind(at)
      .run();
}

}  // namespace

std::optional<InstallationRecord> find(Database& db, std::string_view tenant_id,
                                       std::string_view connector_id) {
  Query row = db.query("SELECT " MKT_INSTALLATION_COLUMNS
                       " FROM installations WHERE tenant_id = ? AND connector_id = ?");
  if (!row.bind(tenant_id).bind(connector_id).step()) return std::nullopt;
  return installation_row(row);
}

std::vector<InstallationRecord> list(Database& db, std::string_view tenant_id,
                                     std::string_view after, std::uint32_t limit) {
  Query row = db.query("SELECT " MKT_INSTALLATION_COLUMNS
                       " FROM installations WHERE tenant_id = ? AND connector_id > ? "
                       "ORDER BY connector_id LIMIT ?");
  row.bind(tenant_id).bind(after).bind(static_cast<std::int64_t>(limit));
  return all(row);
}

std::vector<InstallationRecord> of_version(Database& db, const VersionRecord& v,
                                           std::uint32_t limit) {
  Query row = db.query("SELECT " MKT_INSTALLATION_COLUMNS
                       " FROM installations WHERE connector_id = ? AND version = ? "
                       "ORDER BY tenant_id LIMIT ?");
  row.bind(v.connector_id).bind(v.version).bind(static_cast<std::int64_t>(limit));
  return all(row);
}

std::size_t count_of_version(Database& db, const VersionRecord& v) {
  Query row = db.query("SELECT count(*) FROM installations WHERE connector_id = ? AND version = ?");
  row.bind(v.connector_id).bind(v.version).step();
  return static_cast<std::size_t>(row.number(0));
}

std::vector<InstallationEvent> history(Database& db, std::string_view tenant_id,
                                       std::string_view connector_id, std::uint32_t limit) {
  Query row = db.query(R"sql(
      SELECT action, version, previous_version, request_id, actor, at FROM installation_events
      WHERE tenant_id = ? AND connector_id = ? ORDER BY num DESC LIMIT ?)sql");
  row.bind(tenant_id).bind(connector_id).bind(static_cast<std::int64_t>(limit));
  std::vector<InstallationEvent> events;
  while (row.step()) {
    events.push_back(
        {row.text(0), row.text(1), row.text(2), row.text(3), row.text(4), row.time(5)});
  }
  return events;
}

std::optional<std::string> last_version(Database& db, std::string_view tenant_id,
                                        std::string_view connector_id) {
  Query row = db.query(R"sql(
      SELECT version FROM installation_events
      WHERE tenant_id = ? AND connector_id = ? ORDER BY num DESC LIMIT 1)sql");
  if (!row.bind(tenant_id).bind(connector_id).step()) return std::nullopt;
  return row.text(0);
}

InstallationRecord install(Database& db, const InstallRequestRecord& r, UtcTime at,
                           const Actor& actor) {
  const auto before = find(db, r.tenant_id, r.connector_id);
  InstallationRecord i{r.tenant_id, r.connector_id, r.version, r.checksum, r.config,
                       r.id,        r.requested_by, at,        at};
  if (before) i.installed_at = before->installed_at;
  db.query(R"sql(
      INSERT INTO installations
        (tenant_id, connector_id, version, checksum, config, request_id, installed_by, installed_at,
         updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (tenant_id, connector_id) DO UPDATE
      SET version = excluded.version, checksum = excluded.checksum, config = excluded.config,
          request_id = excluded.request_id, installed_by = excluded.installed_by,
          updated_at = excluded.updated_at)sql")
      .bind(i.tenant_id)
      .bind(i.connector_id)
      .bind(i.version)
      .bind(i.checksum)
      .bind(i.config)
      .bind(i.request_id)
      .bind(i.installed_by)
      .bind(i.installed_at)
      .bind(i.updated_at)
      .run();
  add_event(db, i, before ? "update" : "install", before ? before->version : "", at, actor);
  append_to_log(db, actor, before ? "installation.update" : "installation.add",
                subject_of(i.tenant_id, i.connector_id),
                fmt::format("{}@{} by request {}", i.connector_id, i.version, i.request_id), at);
  return i;
}

Result<InstallationRecord> uninstall(Database& db, std::string_view tenant_id,
                                     std::string_view connector_id, UtcTime at,
                                     const Actor& actor) {
  auto before = find(db, tenant_id, connector_id);
  if (!before) {
    return Error(ErrorCode::installation_not_found,
                 fmt::format("{} has not installed {}", tenant_id, connector_id));
  }
  db.query("DELETE FROM installations WHERE tenant_id = ? AND connector_id = ?")
      .bind(tenant_id)
      .bind(connector_id)
      .run();
  add_event(db, *before, "uninstall", before->version, at, actor);
  append_to_log(db, actor, "installation.remove", subject_of(tenant_id, connector_id),
                fmt::format("{}@{}", connector_id, before->version), at);
  return std::move(*before);
}

}  // namespace mkt::installation_queries
