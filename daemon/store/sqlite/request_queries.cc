// The SQL of install requests; see request_queries.h.
#include "daemon/store/sqlite/request_queries.h"

#include <limits>

namespace mkt::request_queries {
namespace {

// Column order of every SELECT on install_requests below.
#define MKT_REQUEST_COLUMNS                                                             \
  "num, id, tenant_id, connector_id, version, checksum, config, status, requested_by, " \
  "requested_at, expires_at, min_approvals, allow_self_approval, rule, explanation, "   \
  "installed_version, deprecated, decided_at, decided_by, reason, installed_request"

InstallRequestRecord request_row(const Query& row) {
  InstallRequestRecord r;
  r.num = row.number(0);
  r.id = row.text(1);
  r.tenant_id = row.text(2);
  r.connector_id = row.text(3);
  r.version = row.text(4);
  r.checksum = row.text(5);
  r.config = row.text(6);
  r.status = parse_request_status(row.text(7)).value_or(RequestStatus::cancelled);
  r.requested_by = row.text(8);
  r.requested_at = row.time(9);
  r.expires_at = row.time(10);
  r.min_approvals = static_cast<unsigned>(row.number(11));
  r.allow_self_approval = row.flag(12);
  r.rule = row.text(13);
  r.explanation = row.text(14);
  r.installed_version = row.text(15);
  r.deprecated = row.flag(16);
  r.decided_at = row.optional_time(17);
  r.decided_by = row.text(18);
  r.reason = row.text(19);
  r.installed_request = row.text(20);
  return r;
}

void read_approvals(Database& db, InstallRequestRecord& r) {
  Query row = db.query(R"sql(
      SELECT approver, approved_at, key_id, signature, token_id FROM approvals
      WHERE request_num = ? ORDER BY approved_at, approver)sql");
  row.bind(r.num);
  while (row.step()) {
    r.approvals.push_back({row.text(0), row.time(1), row.text(2), row.text(3), row.text(4)});
  }
}

std::optional<InstallRequestRecord> one(Database& db, Query& row) {
  if (!row.step()) return std::nullopt;
  InstallRequestRecord r = request_row(row);
  read_approvals(db, r);
  return r;
}

std::vector<InstallRequestRecord> all(Database& db, Query& row) {
  std::vector<InstallRequestRecord> requests;
  while (row.step()) requests.push_back(request_row(row));
  for (InstallRequestRecord& r : requests) read_approvals(db, r);
  return requests;
}

}  // namespace

std::optional<InstallRequestRecord> find(Database& db, std::string_view id) {
  Query row = db.query("SELECT " MKT_REQUEST_COLUMNS " FROM install_requests WHERE id = ?");
  row.bind(id);
  return one(db, row);
}

// One statement for each kind of question, so that each walks the index that answers it.
std::vector<InstallRequestRecord> list(Database& db, const InstallRequestQuery& q) {
  constexpr const char* kOfConnector =
      "SELECT " MKT_REQUEST_COLUMNS
      " FROM install_requests WHERE tenant_id = ?1 AND connector_id = ?2 "
      "AND (?3 = '' OR (status = ?3 AND (status <> 'pending' OR expires_at > ?4))) "
      "AND num < ?5 ORDER BY num DESC LIMIT ?6";
  constexpr const char* kOfStatus =
      "SELECT " MKT_REQUEST_COLUMNS
      " FROM install_requests WHERE tenant_id = ?1 AND ?2 = '' AND status = ?3 "
      "AND (status <> 'pending' OR expires_at > ?4) AND num < ?5 ORDER BY num DESC LIMIT ?6";
  constexpr const char* kAll =
      "SELECT " MKT_REQUEST_COLUMNS
      " FROM install_requests WHERE tenant_id = ?1 AND ?2 = '' AND ?3 = '' AND ?4 IS NOT NULL "
      "AND num < ?5 ORDER BY num DESC LIMIT ?6";
  Query row = db.query(!q.connector_id.empty() ? kOfConnector : q.status ? kOfStatus : kAll);
  row.bind(q.tenant_id)
      .bind(q.connector_id)
      .bind(q.status ? request_status_name(*q.status) : std::string_view(""))
      .bind(q.now)
      .bind(q.before.value_or(std::numeric_limits<std::int64_t>::max()))
      .bind(static_cast<std::int64_t>(q.limit));
  return all(db, row);
}

std::optional<InstallRequestRecord> latest(Database& db, std::string_view tenant_id,
                                           std::string_view connector_id,
                                           std::string_view version) {
  Query row = db.query("SELECT " MKT_REQUEST_COLUMNS
                       " FROM install_requests WHERE tenant_id = ? AND connector_id = ? "
                       "AND version = ? ORDER BY num DESC LIMIT 1");
  row.bind(tenant_id).bind(connector_id).bind(version);
  return one(db, row);
}

std::vector<InstallRequestRecord> waiting_for(Database& db, const VersionRecord& v) {
  Query row = db.query("SELECT " MKT_REQUEST_COLUMNS
                       " FROM install_requests WHERE connector_id = ? AND version = ? "
                       "AND status = 'pending' ORDER BY num");
  row.bind(v.connector_id).bind(v.version);
  return all(db, row);
}

void insert(Database& db, const InstallRequestRecord& r) {
  db.query(R"sql(
      INSERT INTO install_requests
        (id, tenant_id, connector_id, version, checksum, config, status, requested_by, requested_at,
         expires_at, min_approvals, allow_self_approval, rule, explanation, installed_version,
         deprecated, decided_at, decided_by, installed_request)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql")
      .bind(r.id)
      .bind(r.tenant_id)
      .bind(r.connector_id)
      .bind(r.version)
      .bind(r.checksum)
      .bind(r.config)
      .bind(request_status_name(r.status))
      .bind(r.requested_by)
      .bind(r.requested_at)
      .bind(r.expires_at)
      .bind(static_cast<std::int64_t>(r.min_approvals))
      .bind(r.allow_self_approval)
      .bind(r.rule)
      .bind(r.explanation)
      .bind(r.installed_version)
      .bind(r.deprecated)
      .bind(r.decided_at)
      .bind(r.decided_by)
      .bind(r.installed_request)
      .run();
}

void put_approval(Database& db, std::int64_t request_num, const ApprovalRecord& a) {
  db.query(R"sql(
      INSERT INTO approvals (request_num, approver, approved_at, key_id, signature, token_id)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (request_num, approver) DO UPDATE
      SET approved_at = excluded.approved_at, key_id = excluded.key_id,
          signature = excluded.signature, token_id = excluded.token_id)sql")
      .bind(request_num)
      .bind(a.approver)
      .bind(a.approved_at)
      .bind(a.key_id)
      .bind(a.signature)
      .bind(a.token_id)
      .run();
}

std::vector<InstallRequestRecord> approved_with(Database& db, std::string_view token_id) {
  Query row = db.query("SELECT " MKT_REQUEST_COLUMNS
                       " FROM install_requests WHERE status = 'pending' AND num IN "
                       "(SELECT request_num FROM approvals WHERE token_id = ? AND token_id <> '') "
                       "ORDER BY num");
  row.bind(token_id);
  return all(db, row);
}

void remove_approvals(Database& db, std::int64_t request_num, std::string_view token_id) {
  db.query("DELETE FROM approvals WHERE request_num = ? AND token_id = ?")
      .bind(request_num)
      .bind(token_id)
      .run();
}

void decide(Database& db, InstallRequestRecord& r, RequestStatus status,
            std::string_view decided_by, std::string_view reason, UtcTime at) {
  r.status = status;
  r.decided_at = at;
  r.decided_by = decided_by;
  r.reason = reason;
  db.query(R"sql(
      UPDATE install_requests SET status = ?, decided_at = ?, decided_by = ?, reason = ?
      WHERE num = ?)sql")
      .bind(request_status_name(status))
      .bind(at)
      .bind(decided_by)
      .bind(reason)
      .bind(r.num)
      .run();
}

std::vector<InstallRequestRecord> overdue(Database& db, UtcTime now, std::uint32_t limit) {
  Query row = db.query("SELECT " MKT_REQUEST_COLUMNS
                       " FROM install_requests WHERE status = 'pending' AND expires_at <= ? "
                       "ORDER BY expires_at LIMIT ?");
  row.bind(now).bind(static_cast<std::int64_t>(limit));
  return all(db, row);
}

}  // namespace mkt::request_queries
