#include "daemon/store/sqlite/rows.h"

namespace mkt {
namespace {

class KeyRows : public Keys {
 public:
  KeyRows(Database& db, ChangeState& change) : db_(db), change_(change) {}

  std::optional<KeyRecord> find(std::string_view key_id, Hold) const override {
    Query row = db_.query(R"sql(
        SELECT key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at,
               revoked_at, reason_code, reason, revoked_by, compromised_seq, endorsed_by,
               endorsement, added_seq, alias
        FROM publisher_keys WHERE key_id = ?)sql");
    if (!row.bind(key_id).step()) return std::nullopt;
    return read_key(row);
  }

  std::optional<KeyRecord> find_by_alias(std::string_view alias) const override {
    Query row = db_.query(R"sql(
        SELECT key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at,
               revoked_at, reason_code, reason, revoked_by, compromised_seq, endorsed_by,
               endorsement, added_seq, alias
        FROM publisher_keys WHERE alias = ? AND alias <> '')sql");
    if (!row.bind(alias).step()) return std::nullopt;
    return read_key(row);
  }

  std::optional<std::string> id_of_fingerprint(std::string_view fingerprint) const override {
    Query row = db_.query("SELECT key_id FROM publisher_keys WHERE fingerprint = ?");
    if (!row.bind(fingerprint).step()) return std::nullopt;
    return row.only<std::string>();
  }

  std::vector<KeyRecord> of_publisher(std::string_view publisher_id) const override {
    Query row = db_.query(R"sql(
        SELECT key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at,
               revoked_at, reason_code, reason, revoked_by, compromised_seq, endorsed_by,
               endorsement, added_seq, alias
        FROM publisher_keys WHERE publisher_id = ? ORDER BY created_at, key_id)sql");
    row.bind(publisher_id);
    std::vector<KeyRecord> keys;
    while (row.step()) keys.push_back(read_key(row));
    return keys;
  }

  KeyList changed_since(std::int64_t sequence) const override {
    KeyList list;
    {
      Query newest = db_.query("SELECT coalesce(max(changed_seq), 0) FROM publisher_keys");
      newest.step();
      list.sequence = newest.only<std::int64_t>();
    }
    Query row = db_.query(R"sql(
        SELECT key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at,
               revoked_at, reason_code, reason, revoked_by, compromised_seq, endorsed_by,
               endorsement, added_seq, alias
        FROM publisher_keys WHERE changed_seq > ? ORDER BY key_id)sql");
    row.bind(sequence);
    while (row.step()) list.keys.push_back(read_key(row));
    return list;
  }

  void insert(const KeyRecord& k, EntryRef added) override {
    const std::int64_t seq = change_.number(added);
    db_.query(R"sql(
        INSERT INTO publisher_keys
          (key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at,
           endorsed_by, endorsement, added_seq, changed_seq, alias)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql")
        .bind(k.key_id)
        .bind(k.publisher_id)
        .bind(k.public_key)
        .bind(k.fingerprint)
        .bind(key_status_name(k.status))
        .bind(k.created_at)
        .bind(k.expires_at)
        .bind(k.endorsed_by)
        .bind(k.endorsement)
        .bind(seq)
        .bind(seq)
        .bind(k.alias)
        .run();
    change_.note(DocumentKind::publisher, k.publisher_id);
  }

  void end(const KeyRecord& k, EntryRef ended) override {
    const std::int64_t seq = change_.number(ended);
    const auto compromised = k.compromised_seq == kOwnNumber ? seq : k.compromised_seq;
    db_.query(R"sql(
        UPDATE publisher_keys
        SET status = ?, revoked_at = ?, reason_code = ?, reason = ?, revoked_by = ?,
            compromised_seq = ?, changed_seq = ?
        WHERE key_id = ?)sql")
        .bind(key_status_name(k.status))
        .bind(k.revoked_at)
        .bind(k.reason_code)
        .bind(k.reason)
        .bind(k.revoked_by)
        .bind(compromised)
        .bind(seq)
        .bind(k.key_id)
        .run();
    change_.note(DocumentKind::publisher, k.publisher_id);
  }

 private:
  Database& db_;
  ChangeState& change_;
};

}  // namespace

std::unique_ptr<Keys> key_rows(Database& db, ChangeState& change) {
  return std::make_unique<KeyRows>(db, change);
}

}  // namespace mkt
