// The SQL of policies; see policy_queries.h.
#include "daemon/store/sqlite/policy_queries.h"

#include <fmt/format.h>

#include "daemon/store/sqlite/log_queries.h"

namespace mkt::policy_queries {
namespace {

// Of a tenant's revisions, the one in force included. A policy may have 64 KiB.
constexpr std::int64_t kMaxHistory = 100;
constexpr std::int64_t kMaxHistoryBytes = 1024 * 1024;

// Column order of every SELECT on tenant_policies below.
PolicyRecord policy_row(const Query& row) {
  return {row.text(0), row.number(1), row.text(2), row.time(3), row.text(4)};
}

// Older revisions than are kept; what is in force stays, however large.
void prune(Database& db, std::string_view tenant_id) {
  Query row = db.query(R"sql(
      SELECT revision, length(CAST(document AS BLOB))
      FROM tenant_policies WHERE tenant_id = ? ORDER BY revision DESC)sql");
  row.bind(tenant_id);
  std::int64_t count = 0, bytes = 0, oldest_kept = 0;
  while (row.step()) {
    bytes += row.number(1);
    if (++count > 1 && (count > kMaxHistory || bytes > kMaxHistoryBytes)) break;
    oldest_kept = row.number(0);
  }
  db.query("DELETE FROM tenant_policies WHERE tenant_id = ? AND revision < ?")
      .bind(tenant_id)
      .bind(oldest_kept)
      .run();
}

}  // namespace

std::optional<PolicyRecord> current(Database& db, std::string_view tenant_id) {
  Query row = db.query(R"sql(
      SELECT tenant_id, revision, document, set_at, set_by
      FROM tenant_policies WHERE tenant_id = ? ORDER BY revision DESC LIMIT 1)sql");
  if (!row.bind(tenant_id).step()) return std::nullopt;
  return policy_row(row);
}

Result<Policy> in_force(Database& db, std::string_view tenant_id) {
  const auto record = current(db, tenant_id);
  if (!record) return Policy{};
  MKT_TRY(const Json document, parse_json(record->document, "the tenant's policy"));
  return Policy::parse(document);
}

std::vector<PolicyRecord> history(Database& db, std::string_view tenant_id) {
  Query row = db.query(R"sql(
      SELECT tenant_id, revision, document, set_at, set_by
      FROM tenant_policies WHERE tenant_id = ? ORDER BY revision DESC LIMIT ?)sql");
  row.bind(tenant_id).bind(kMaxHistory);
  std::vector<PolicyRecord> all;
  while (row.step()) all.push_back(policy_row(row));
  return all;
}

Result<PolicyRecord> set(Database& db, PolicyRecord p,
                         std::optional<std::int64_t> expected_revision, const Actor& actor) {
  const auto before = current(db, p.tenant_id);
  const std::int64_t revision = before ? before->revision : 0;
  if (expected_revision && *expected_revision != revision) {
    return Error(ErrorCode::policy_changed,
                 fmt::format("the policy of {} was changed meanwhile: it is at revision {}, not {}",
                             p.tenant_id, revision, *expected_revision));
  }
  if (before && before->document == p.document) return *before;
  p.revision = revision + 1;
  p.set_by = actor.who;
  append_to_log(db, actor, "policy.set", p.tenant_id, fmt::format("revision {}", p.revision),
                p.set_at);
  db.query(R"sql(
      INSERT INTO tenant_policies (tenant_id, revision, document, set_at, set_by)
      VALUES (?, ?, ?, ?, ?))sql")
      .bind(p.tenant_id)
      .bind(p.revision)
      .bind(p.document)
      .bind(p.set_at)
      .bind(p.set_by)
      .run();
  prune(db, p.tenant_id);
  return p;
}

}  // namespace mkt::policy_queries
