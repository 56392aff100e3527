// The SQL of the audit log; see log_queries.h.
#include "daemon/store/sqlite/log_queries.h"

#include <limits>

#include "daemon/store/sqlite/idempotency_queries.h"

namespace mkt {

namespace {

// Looked up in the change's own transaction, whatever was found when the request came.
void require_token(Database& db, std::string_view token_id, UtcTime at) {
  if (token_id.empty()) return;
  Query row = db.query("SELECT expires_at FROM tokens WHERE id = ?");
  const bool found = row.bind(token_id).step();
  const auto expires_at = found ? row.optional_time(0) : std::nullopt;
  if (found && (!expires_at || *expires_at > at)) return;
  throw SqlError(Error(ErrorCode::unauthorized,
                       "the token was revoked, or expired, while this was under way; nothing was "
                       "changed"));
}

}  // namespace

std::int64_t append_to_log(Database& db, const Actor& actor, std::string_view action,
                           std::string_view subject, std::string_view detail, UtcTime at) {
  require_token(db, actor.token_id, at);
  db.query(R"sql(
      INSERT INTO audit_log (at, actor, address, request_id, action, subject, detail)
      VALUES (?, ?, ?, ?, ?, ?, ?))sql")
      .bind(at)
      .bind(actor.who)
      .bind(actor.address)
      .bind(actor.request_id)
      .bind(action)
      .bind(subject)
      .bind(detail)
      .run();
  const std::int64_t seq = db.last_row_id();
  if (actor.idempotency) idempotency_queries::spend(db, *actor.idempotency, actor.request_id);
  return seq;
}

std::vector<LogEntry> read_log(Database& db, const LogQuery& q) {
  Query row = db.query(R"sql(
      SELECT seq, at, actor, address, request_id, action, subject, detail
      FROM audit_log WHERE seq > ? AND at >= ? ORDER BY seq LIMIT ?)sql");
  row.bind(q.after)
      .bind(q.since ? to_unix_ms(*q.since) : std::numeric_limits<std::int64_t>::min())
      .bind(static_cast<std::int64_t>(q.limit));
  std::vector<LogEntry> entries;
  while (row.step()) {
    entries.push_back({row.number(0),
                       row.time(1),
                       {row.text(2), row.text(3), row.text(4)},
                       row.text(5),
                       row.text(6),
                       row.text(7)});
  }
  return entries;
}

std::int64_t first_change_since(Database& db, UtcTime time) {
  Query row = db.query(R"sql(
      SELECT coalesce(
        (SELECT min(seq) FROM audit_log WHERE at >= ?),
        (SELECT max(seq) + 1 FROM audit_log),
        1))sql");
  row.bind(time).step();
  return row.number(0);
}

std::int64_t webhook_cursor_of(Database& db, std::string_view name) {
  db.query(R"sql(
      INSERT INTO webhook_cursors (name, seq)
      VALUES (?, (SELECT coalesce(max(seq), 0) FROM audit_log))
      ON CONFLICT DO NOTHING)sql")
      .bind(name)
      .run();
  Query row = db.query("SELECT seq FROM webhook_cursors WHERE name = ?");
  row.bind(name).step();
  return row.number(0);
}

void set_webhook_cursor(Database& db, std::string_view name, std::int64_t seq) {
  db.query("UPDATE webhook_cursors SET seq = ? WHERE name = ?").bind(seq).bind(name).run();
}

}  // namespace mkt
