// The SQL of idempotency keys; see idempotency_queries.h.
#include "daemon/store/sqlite/idempotency_queries.h"

namespace mkt::idempotency_queries {

void spend(Database& db, const IdempotencyKey& k, std::string_view request_id) {
  db.query("DELETE FROM idempotency_keys WHERE scope = ? AND key = ? AND expires_at <= ?")
      .bind(k.scope)
      .bind(k.key)
      .bind(k.at)
      .run();
  db.query(R"sql(
      INSERT INTO idempotency_keys (scope, key, request_hash, request_id, expires_at)
      VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING)sql")
      .bind(k.scope)
      .bind(k.key)
      .bind(k.request_hash)
      .bind(request_id)
      .bind(k.expires_at)
      .run();
  if (db.changes() > 0) return;
  Query row = db.query("SELECT request_id FROM idempotency_keys WHERE scope = ? AND key = ?");
  if (row.bind(k.scope).bind(k.key).step() && row.text(0) == request_id) return;
  throw SqlError(Error(ErrorCode::answer_lost,
                       "this was done when the same Idempotency-Key came first, but its answer "
                       "cannot be given again; look at what is there before you ask anew"));
}

std::optional<FirstAnswer> find(Database& db, std::string_view scope, std::string_view key,
                                UtcTime now) {
  Query row = db.query(R"sql(
      SELECT request_hash, status, content_type, body FROM idempotency_keys
      WHERE scope = ? AND key = ? AND expires_at > ?)sql");
  if (!row.bind(scope).bind(key).bind(now).step()) return std::nullopt;
  return FirstAnswer{row.text(0), static_cast<int>(row.number(1)), row.text(2), row.text(3)};
}

std::size_t live_keys(Database& db, std::string_view scope, UtcTime now) {
  Query row = db.query("SELECT count(*) FROM idempotency_keys WHERE scope = ? AND expires_at > ?");
  row.bind(scope).bind(now).step();
  return static_cast<std::size_t>(row.number(0));
}

void keep(Database& db, const IdempotencyKey& k, const FirstAnswer& answer) {
  db.query(R"sql(
      INSERT INTO idempotency_keys
        (scope, key, request_hash, request_id, expires_at, status, content_type, body)
      VALUES (?, ?, ?, '', ?, ?, ?, ?)
      ON CONFLICT (scope, key) DO UPDATE
      SET status = excluded.status, content_type = excluded.content_type, body = excluded.body)sql")
      .bind(k.scope)
      .bind(k.key)
      .bind(k.request_hash)
      .bind(k.expires_at)
      .bind(static_cast<std::int64_t>(answer.status))
      .bind(answer.content_type)
      .bind(answer.body)
      .run();
}

std::size_t remove_expired(Database& db, UtcTime now) {
  db.query(R"sql(
      DELETE FROM idempotency_keys WHERE (scope, key) IN (
        SELECT scope, key FROM idempotency_keys WHERE expires_at <= ? ORDER BY expires_at LIMIT 500))sql")
      .bind(now)
      .run();
  return static_cast<std::size_t>(db.changes());
}

}  // namespace mkt::idempotency_queries
