#include "daemon/store/sqlite/rows.h"

namespace mkt {
namespace {

class TokenRows : public Tokens {
 public:
  explicit TokenRows(Database& db) : db_(db) {}

  std::optional<TokenRecord> find(std::string_view id, Hold) const override {
    Query row = db_.query(R"sql(
        SELECT id, hash, name, role, subject, created_at, expires_at, last_used_at, read_only,
               connectors, used_from
        FROM tokens WHERE id = ?)sql");
    if (!row.bind(id).step()) return std::nullopt;
    return read_token(row);
  }

  std::vector<TokenRecord> all() const override {
    Query row = db_.query(R"sql(
        SELECT id, hash, name, role, subject, created_at, expires_at, last_used_at, read_only,
               connectors, used_from
        FROM tokens ORDER BY created_at, id)sql");
    std::vector<TokenRecord> tokens;
    while (row.step()) tokens.push_back(read_token(row));
    return tokens;
  }

  bool stands(std::string_view id, UtcTime now, Hold) const override {
    Query row = db_.query("SELECT expires_at FROM tokens WHERE id = ?");
    if (!row.bind(id).step()) return false;
    const auto expires_at = row.only<std::optional<UtcTime>>();
    return !expires_at || *expires_at > now;
  }

  void insert(const TokenRecord& t) override {
    db_.query(R"sql(
        INSERT INTO tokens (id, hash, name, role, subject, created_at, expires_at, read_only,
                            connectors, used_from)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql")
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
        .run();
  }

  void remove(std::string_view id) override {
    db_.query("DELETE FROM tokens WHERE id = ?").bind(id).run();
  }

  void set_used(std::string_view id, UtcTime at) override {
    db_.query("UPDATE tokens SET last_used_at = ? WHERE id = ?").bind(at).bind(id).run();
  }

 private:
  Database& db_;
};

}  // namespace

std::unique_ptr<Tokens> token_rows(Database& db) { return std::make_unique<TokenRows>(db); }

}  // namespace mkt
