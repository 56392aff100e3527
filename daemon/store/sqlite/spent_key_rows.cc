#include "daemon/store/sqlite/rows.h"

namespace mkt {
namespace {

class SpentKeyRows : public SpentKeys {
 public:
  explicit SpentKeyRows(Database& db) : db_(db) {}

  std::optional<FirstAnswer> find(std::string_view scope, std::string_view key,
                                  UtcTime now) const override {
    Query row = db_.query(R"sql(
        SELECT request_hash, status, content_type, body, expires_at FROM idempotency_keys
        WHERE scope = ? AND key = ? AND expires_at > ?)sql");
    if (!row.bind(scope).bind(key).bind(now).step()) return std::nullopt;
    FirstAnswer answer;
    row.get(answer.request_hash, answer.status, answer.content_type, answer.body,
            answer.expires_at);
    return answer;
  }

  std::size_t live(std::string_view scope, UtcTime now) const override {
    Query row =
        db_.query("SELECT count(*) FROM idempotency_keys WHERE scope = ? AND expires_at > ?");
    row.bind(scope).bind(now).step();
    return row.only<std::size_t>();
  }

  bool spend(const IdempotencyKey& k, std::string_view request_id) override {
    db_.query("DELETE FROM idempotency_keys WHERE scope = ? AND key = ? AND expires_at <= ?")
        .bind(k.scope)
        .bind(k.key)
        .bind(k.at)
        .run();
    db_.query(R"sql(
        INSERT INTO idempotency_keys (scope, key, request_hash, request_id, expires_at)
        VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING)sql")
        .bind(k.scope)
        .bind(k.key)
        .bind(k.request_hash)
        .bind(request_id)
        .bind(k.expires_at)
        .run();
    if (db_.changes() > 0) return true;
    Query row = db_.query("SELECT request_id FROM idempotency_keys WHERE scope = ? AND key = ?");
    return row.bind(k.scope).bind(k.key).step() && row.only<std::string>() == request_id;
  }

  void keep(const IdempotencyKey& k, const FirstAnswer& answer) override {
    db_.query(R"sql(
        INSERT INTO idempotency_keys
          (scope, key, request_hash, request_id, expires_at, status, content_type, body)
        VALUES (?, ?, ?, '', ?, ?, ?, ?)
        ON CONFLICT (scope, key) DO UPDATE
        SET status = excluded.status, content_type = excluded.content_type,
            body = excluded.body)sql")
        .bind(k.scope)
        .bind(k.key)
        .bind(k.request_hash)
        .bind(k.expires_at)
        .bind(static_cast<std::int64_t>(answer.status))
        .bind(answer.content_type)
        .bind(answer.body)
        .run();
  }

  std::size_t remove_expired(UtcTime now, std::uint32_t limit) override {
    db_.query(R"sql(
        DELETE FROM idempotency_keys WHERE (scope, key) IN (
          SELECT scope, key FROM idempotency_keys WHERE expires_at <= ?
          ORDER BY expires_at LIMIT ?))sql")
        .bind(now)
        .bind(static_cast<std::int64_t>(limit))
        .run();
    return static_cast<std::size_t>(db_.changes());
  }

 private:
  Database& db_;
};

}  // namespace

std::unique_ptr<SpentKeys> spent_key_rows(Database& db) {
  return std::make_unique<SpentKeyRows>(db);
}

}  // namespace mkt
