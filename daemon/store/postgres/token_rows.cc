#include "daemon/store/postgres/rows.h"

namespace mkt::postgres {
namespace {

class TokenRows : public Tokens {
 public:
  explicit TokenRows(Flight& db) : db_(db) {}

  std::optional<TokenRecord> find(std::string_view id, Hold hold) const override {
    Query row = db_.query(MKT_HELD(R"sql(
        SELECT id, hash, name, role, subject, created_at, expires_at, last_used_at, read_only,
               connectors, used_from
        FROM tokens WHERE id = $1)sql"),
                          hold);
    if (!row.bind(id).step()) return std::nullopt;
    return read_token(row.row());
  }

  std::vector<TokenRecord> all() const override {
    Query row = db_.query(R"sql(
        SELECT id, hash, name, role, subject, created_at, expires_at, last_used_at, read_only,
               connectors, used_from
        FROM tokens ORDER BY created_at, id)sql");
    std::vector<TokenRecord> tokens;
    while (row.step()) tokens.push_back(read_token(row.row()));
    return tokens;
  }

  bool stands(std::string_view id, UtcTime now, Hold hold) const override {
    Query row = db_.query(MKT_HELD("SELECT expires_at FROM tokens WHERE id = $1"), hold);
    if (!row.bind(id).step()) return false;
    const auto expires_at = row.only<std::optional<UtcTime>>();
    return !expires_at || *expires_at > now;
  }

  void insert(const TokenRecord& t) override {
    db_.write(R"sql(
        INSERT INTO tokens (id, hash, name, role, subject, created_at, expires_at, read_only,
                            connectors, used_from)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10))sql")
        .bind(t.id)
        .bind(t.hash)
        .bind(t.name)
        .bind(role_name(t.role))
        .bind(t.subject)
        .bind(t.created_at)
        .bind(t.expires_at)
        .bind(t.scope.read_only)
        .bind(TokenScope::join(t.scope.connectors))
        .bind(TokenScope::join(t.scope.from))
        .queue();
  }

  void remove(std::string_view id) override {
    db_.write("DELETE FROM tokens WHERE id = $1").bind(id).queue();
  }

  void set_used(std::string_view id, UtcTime at) override {
    db_.write("UPDATE tokens SET last_used_at = $1 WHERE id = $2").bind(at).bind(id).queue();
  }

 private:
  Flight& db_;
};

}  // namespace

std::unique_ptr<Tokens> token_rows(Flight& db) { return std::make_unique<TokenRows>(db); }

}  // namespace mkt::postgres
