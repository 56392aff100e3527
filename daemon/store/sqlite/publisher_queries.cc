// The SQL of publishers and tokens; see publisher_queries.h.
#include "daemon/store/sqlite/publisher_queries.h"

#include <fmt/format.h>

#include <array>

#include "daemon/store/sqlite/install_changes.h"
#include "daemon/store/sqlite/key_queries.h"
#include "daemon/store/sqlite/log_queries.h"

namespace mkt::publisher_queries {
namespace {

PublisherRecord publisher_row(const Query& row) {
  return {row.text(0), row.text(1),
          row.text(2), parse_publisher_status(row.text(3)).value_or(PublisherStatus::banned),
          row.flag(4), row.time(5),
          row.text(6)};
}

TokenRecord token_row(const Query& row) {
  return {row.text(0),          row.text(1),
          row.text(2),          parse_role(row.text(3)).value_or(Role::member),
          row.text(4),          row.time(5),
          row.optional_time(6), row.optional_time(7)};
}

}  // namespace

Status add_publisher(Database& db, const PublisherRecord& p, const KeyRecord& first_key,
                     const Actor& actor) {
  if (publisher(db, p.id)) {
    return Error(ErrorCode::publisher_exists,
                 fmt::format("the publisher {} is registered already", p.id));
  }
  MKT_CHECK(key_queries::require_new(db, first_key));
  append_to_log(db, actor, "publisher.register", p.id, "", p.created_at);
  db.query(R"sql(
      INSERT INTO publishers (id, display_name, email, status, verified, created_at)
      VALUES (?, ?, ?, ?, ?, ?))sql")
      .bind(p.id)
      .bind(p.display_name)
      .bind(p.email)
      .bind(publisher_status_name(p.status))
      .bind(p.verified)
      .bind(p.created_at)
      .run();
  key_queries::insert(db, first_key, actor);
  return {};
}

Status set_status(Database& db, std::string_view id, PublisherStatus status,
                  std::string_view reason, UtcTime at, const Actor& actor) {
  db.query("UPDATE publishers SET status = ?, status_reason = ? WHERE id = ?")
      .bind(publisher_status_name(status))
      .bind(reason)
      .bind(id)
      .run();
  if (db.changes() == 0) return no_publisher(id);
  constexpr std::array<std::string_view, 3> kActions = {"publisher.restore", "publisher.suspend",
                                                        "publisher.ban"};
  append_to_log(db, actor, kActions[static_cast<std::size_t>(status)], id, reason, at);
  return {};
}

Status set_verified(Database& db, std::string_view id, bool verified, UtcTime at,
                    const Actor& actor) {
  db.query("UPDATE publishers SET verified = ? WHERE id = ?").bind(verified).bind(id).run();
  if (db.changes() == 0) return no_publisher(id);
  append_to_log(db, actor, verified ? "publisher.verify" : "publisher.unverify", id, "", at);
  return {};
}

Error no_publisher(std::string_view id) {
  return Error(ErrorCode::publisher_not_found, fmt::format("there is no publisher {}", id));
}

std::optional<PublisherRecord> publisher(Database& db, std::string_view id) {
  Query row = db.query(R"sql(
      SELECT id, display_name, email, status, verified, created_at, status_reason
      FROM publishers
      WHERE id = ?)sql");
  if (!row.bind(id).step()) return std::nullopt;
  return publisher_row(row);
}

std::vector<PublisherRecord> publishers(Database& db) {
  Query row = db.query(R"sql(
      SELECT id, display_name, email, status, verified, created_at, status_reason
      FROM publishers
      ORDER BY id)sql");
  std::vector<PublisherRecord> all;
  while (row.step()) all.push_back(publisher_row(row));
  return all;
}

Status add_token(Database& db, const TokenRecord& t, const Actor& actor) {
  append_to_log(db, actor, "token.create", t.id, fmt::format("{} {}", role_name(t.role), t.subject),
                t.created_at);
  db.query(R"sql(
      INSERT INTO tokens (id, hash, name, role, subject, created_at, expires_at)
      VALUES (?, ?, ?, ?, ?, ?, ?))sql")
      .bind(t.id)
      .bind(t.hash)
      .bind(t.name)
      .bind(role_name(t.role))
      .bind(t.subject)
      .bind(t.created_at)
      .bind(t.expires_at)
      .run();
  return {};
}

std::optional<TokenRecord> token(Database& db, std::string_view id) {
  Query row = db.query(R"sql(
      SELECT id, hash, name, role, subject, created_at, expires_at, last_used_at FROM tokens
      WHERE id = ?)sql");
  if (!row.bind(id).step()) return std::nullopt;
  return token_row(row);
}

std::vector<TokenRecord> tokens(Database& db) {
  Query row = db.query(R"sql(
      SELECT id, hash, name, role, subject, created_at, expires_at, last_used_at FROM tokens
      ORDER BY created_at, id)sql");
  std::vector<TokenRecord> all;
  while (row.step()) all.push_back(token_row(row));
  return all;
}

void set_token_used(Database& db, std::string_view id, UtcTime at) {
  db.query("UPDATE tokens SET last_used_at = ? WHERE id = ?").bind(at).bind(id).run();
}

Status remove_token(Database& db, std::string_view id, const Actor& actor) {
  if (!token(db, id)) {
    return Error(ErrorCode::token_not_found, fmt::format("there is no token {}", id));
  }
  const UtcTime now = utc_now();
  append_to_log(db, actor, "token.revoke", id, "", now);
  install_changes::withdraw_approvals(db, id, now, actor);
  // Last: it may be the one by which this is asked for.
  db.query("DELETE FROM tokens WHERE id = ?").bind(id).run();
  return {};
}

}  // namespace mkt::publisher_queries
