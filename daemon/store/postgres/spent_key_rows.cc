#include "daemon/store/postgres/rows.h"

namespace mkt::postgres {
namespace {

class SpentKeyRows : public SpentKeys {
 public:
  explicit SpentKeyRows(Flight& db) : db_(db) {}

  std::optional<FirstAnswer> find(std::string_view scope, std::string_view key,
                                  UtcTime now) const override {
    Query row = db_.query(R"sql(
        SELECT request_hash, status, content_type, body, expires_at FROM idempotency_keys
        WHERE scope = $1 AND key = $2 AND expires_at > $3)sql");
    if (!row.bind(scope).bind(key).bind(now).step()) return std::nullopt;
    FirstAnswer answer;
    row.get(answer.request_hash, answer.status, answer.content_type, answer.body,
            answer.expires_at);
    return answer;
  }

  std::size_t live(std::string_view scope, UtcTime now) const override {
    Query row =
        db_.query("SELECT count(*) FROM idempotency_keys WHERE scope = $1 AND expires_at > $2");
    row.bind(scope).bind(now).step();
    return row.only<std::size_t>();
  }

  bool spend(const IdempotencyKey& k, std::string_view request_id) override {
    db_.write("DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2 AND expires_at <= $3")
        .bind(k.scope)
        .bind(k.key)
        .bind(k.at)
        .queue_first();
    // Where another request is spending the same key now, this waits until that has ended.
    const auto spent = db_.write(R"sql(
        INSERT INTO idempotency_keys (scope, key, request_hash, request_id, expires_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING)sql")
                           .bind(k.scope)
                           .bind(k.key)
                           .bind(k.request_hash)
                           .bind(request_id)
                           .bind(k.expires_at)
                           .now();
    if (spent > 0) return true;
    Query row = db_.query("SELECT request_id FROM idempotency_keys WHERE scope = $1 AND key = $2");
    return row.bind(k.scope).bind(k.key).step() && row.only<std::string>() == request_id;
  }

  void keep(const IdempotencyKey& k, const FirstAnswer& answer) override {
    db_.write(R"sql(
        INSERT INTO idempotency_keys
          (scope, key, request_hash, request_id, expires_at, status, content_type, body)
        VALUES ($1, $2, $3, '', $4, $5, $6, $7)
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
        .queue();
  }

  std::size_t remove_expired(UtcTime now, std::uint32_t limit) override {
    const auto removed = db_.write(R"sql(
        DELETE FROM idempotency_keys WHERE (scope, key) IN (
          SELECT scope, key FROM idempotency_keys WHERE expires_at <= $1
          ORDER BY expires_at LIMIT $2))sql")
                             .bind(now)
                             .bind(limit)
                             .now();
    return static_cast<std::size_t>(removed);
  }

 private:
  Flight& db_;
};

}  // namespace

std::unique_ptr<SpentKeys> spent_key_rows(Flight& db) { return std::make_unique<SpentKeyRows>(db); }

}  // namespace mkt::postgres
