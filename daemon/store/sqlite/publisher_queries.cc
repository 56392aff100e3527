// The SQL of publishers, keys and tokens; see publisher_queries.h.
#include "daemon/store/sqlite/publisher_queries.h"

#include <fmt/format.h>

#include "daemon/store/sqlite/rows.h"

namespace mkt {

std::int64_t append_to_log(Database& db, const Actor& actor, std::string_view action,
                           std::string_view subject, std::string_view detail, UtcTime at) {
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
  return db.last_row_id();
}

namespace publisher_queries {
namespace {

PublisherRecord publisher_row(const Query& row) {
  return {row.text(0),
          row.text(1),
          row.text(2),
          parse_publisher_status(row.text(3)).value_or(PublisherStatus::banned),
          row.flag(4),
          row.time(5)};
}

KeyRecord key_row(const Query& row) {
  return {row.text(0),
          row.text(1),
          row.text(2),
          row.text(3),
          parse_key_status(row.text(4)).value_or(KeyStatus::revoked),
          row.time(5),
          row.optional_time(6),
          row.optional_time(7),
          row.text(8),
          row.text(9)};
}

TokenRecord token_row(const Query& row) {
  return {row.text(0), row.text(1),          row.text(2),
          parse_role(row.text(3)).value_or(Role::member),
          row.text(4), row.time(5),          row.optional_time(6),
          row.optional_time(7)};
}

void insert_key(Database& db, const KeyRecord& key, std::int64_t seq) {
  db.query(R"sql(
      INSERT INTO publisher_keys
        (key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at, changed_seq)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?))sql")
      .bind(key.key_id)
      .bind(key.publisher_id)
      .bind(key.public_key)
      .bind(key.fingerprint)
      .bind(key_status_name(key.status))
      .bind(key.created_at)
      .bind(key.expires_at)
      .bind(seq)
      .run();
}

bool fingerprint_exists(Database& db, std::string_view fingerprint) {
  Query found = db.query("SELECT 1 FROM publisher_keys WHERE fingerprint = ?");
  return found.bind(fingerprint).step();
}

}  // namespace

Status add_publisher(Database& db, const PublisherRecord& p, const KeyRecord& first_key,
                     const Actor& actor) {
  if (publisher(db, p.id)) {
    return Error(ErrorCode::publisher_exists,
                 fmt::format("the publisher {} is registered already", p.id));
  }
  if (fingerprint_exists(db, first_key.fingerprint)) {
    return Error(ErrorCode::key_exists,
                 fmt::format("the key {} is registered already; make one of your own: mkt key "
                             "generate --publisher {}",
                             first_key.key_id, p.id));
  }
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
  insert_key(db, first_key,
             append_to_log(db, actor, "key.add", first_key.key_id, "", p.created_at));
  return {};
}

std::optional<PublisherRecord> publisher(Database& db, std::string_view id) {
  Query row = db.query(R"sql(
      SELECT id, display_name, email, status, verified, created_at FROM publishers
      WHERE id = ?)sql");
  if (!row.bind(id).step()) return std::nullopt;
  return publisher_row(row);
}

std::vector<PublisherRecord> publishers(Database& db) {
  Query row = db.query(R"sql(
      SELECT id, display_name, email, status, verified, created_at FROM publishers
      ORDER BY id)sql");
  std::vector<PublisherRecord> all;
  while (row.step()) all.push_back(publisher_row(row));
  return all;
}

std::optional<KeyRecord> key(Database& db, std::string_view key_id) {
  Query row = db.query(R"sql(
      SELECT key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at,
             revoked_at, reason_code, reason
      FROM publisher_keys WHERE key_id = ?)sql");
  if (!row.bind(key_id).step()) return std::nullopt;
  return key_row(row);
}

std::vector<KeyRecord> keys_of(Database& db, std::string_view publisher_id) {
  Query row = db.query(R"sql(
      SELECT key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at,
             revoked_at, reason_code, reason
      FROM publisher_keys WHERE publisher_id = ? ORDER BY created_at)sql");
  row.bind(publisher_id);
  std::vector<KeyRecord> keys;
  while (row.step()) keys.push_back(key_row(row));
  return keys;
}

KeyList all_keys(Database& db) {
  KeyList list;
  {
    Query newest = db.query("SELECT coalesce(max(changed_seq), 0) FROM publisher_keys");
    if (newest.step()) list.sequence = newest.number(0);
  }
  Query row = db.query(R"sql(
      SELECT key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at,
             revoked_at, reason_code, reason
      FROM publisher_keys ORDER BY key_id)sql");
  while (row.step()) list.keys.push_back(key_row(row));
  return list;
}

Status add_token(Database& db, const TokenRecord& t, const Actor& actor) {
  append_to_log(db, actor, "token.create", t.id,
                fmt::format("{} {}", role_name(t.role), t.subject), t.created_at);
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

Status remove_token(Database& db, std::string_view id, const Actor& actor) {
  db.query("DELETE FROM tokens WHERE id = ?").bind(id).run();
  if (db.changes() == 0) {
    return Error(ErrorCode::token_not_found, fmt::format("there is no token {}", id));
  }
  append_to_log(db, actor, "token.revoke", id, "", utc_now());
  return {};
}

}  // namespace publisher_queries
}  // namespace mkt
