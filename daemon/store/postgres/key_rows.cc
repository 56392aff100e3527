#include "daemon/store/postgres/rows.h"

namespace mkt::postgres {
namespace {

class KeyRows : public Keys {
 public:
  KeyRows(Flight& db, PgChangeState& change) : db_(db), change_(change) {}

  std::optional<KeyRecord> find(std::string_view key_id, Hold hold) const override {
    Query row = db_.query(MKT_HELD(R"sql(
        SELECT key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at,
               revoked_at, reason_code, reason, revoked_by, compromised_seq, endorsed_by,
               endorsement, added_seq, alias
        FROM publisher_keys WHERE key_id = $1)sql"),
                          hold);
    if (!row.bind(key_id).step()) return std::nullopt;
    return read_key(row.row());
  }

  std::optional<KeyRecord> find_by_alias(std::string_view alias) const override {
    Query row = db_.query(R"sql(
        SELECT key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at,
               revoked_at, reason_code, reason, revoked_by, compromised_seq, endorsed_by,
               endorsement, added_seq, alias
        FROM publisher_keys WHERE alias = $1 AND alias <> '')sql");
    if (!row.bind(alias).step()) return std::nullopt;
    return read_key(row.row());
  }

  std::optional<std::string> id_of_fingerprint(std::string_view fingerprint) const override {
    Query row = db_.query("SELECT key_id FROM publisher_keys WHERE fingerprint = $1");
    if (!row.bind(fingerprint).step()) return std::nullopt;
    return row.only<std::string>();
  }

  std::vector<KeyRecord> of_publisher(std::string_view publisher_id) const override {
    Query row = db_.query(R"sql(
        SELECT key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at,
               revoked_at, reason_code, reason, revoked_by, compromised_seq, endorsed_by,
               endorsement, added_seq, alias
        FROM publisher_keys WHERE publisher_id = $1 ORDER BY created_at, key_id)sql");
    row.bind(publisher_id);
    std::vector<KeyRecord> keys;
    while (row.step()) keys.push_back(read_key(row.row()));
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
        FROM publisher_keys WHERE changed_seq > $1 ORDER BY key_id)sql");
    row.bind(sequence);
    while (row.step()) list.keys.push_back(read_key(row.row()));
    return list;
  }

  void insert(const KeyRecord& k, EntryRef added) override {
    db_.write(R"sql(
        INSERT INTO publisher_keys
          (key_id, publisher_id, public_key, fingerprint, status, created_at, expires_at,
           endorsed_by, endorsement, alias, added_seq, changed_seq)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, h.seq - $11, h.seq - $11
        FROM log_head AS h WHERE h.id = 1)sql")
        .bind(k.key_id)
        .bind(k.publisher_id)
        .bind(k.public_key)
        .bind(k.fingerprint)
        .bind(key_status_name(k.status))
        .bind(k.created_at)
        .bind(k.expires_at)
        .bind(k.endorsed_by)
        .bind(k.endorsement)
        .bind(k.alias)
        .queue_numbered({number_of(added)});
    change_.note(DocumentKind::publisher, k.publisher_id);
  }

  void end(const KeyRecord& k, EntryRef ended) override {
    const bool from_own_number = k.compromised_seq == kOwnNumber;
    db_.write(R"sql(
        UPDATE publisher_keys
        SET status = $1, revoked_at = $2, reason_code = $3, reason = $4, revoked_by = $5,
            compromised_seq = $6
        WHERE key_id = $7)sql")
        .bind(key_status_name(k.status))
        .bind(k.revoked_at)
        .bind(k.reason_code)
        .bind(k.reason)
        .bind(k.revoked_by)
        .bind(k.compromised_seq)
        .bind(k.key_id)
        .queue();
    db_.write(from_own_number ? R"sql(
        UPDATE publisher_keys
        SET changed_seq = (SELECT h.seq FROM log_head AS h WHERE h.id = 1) - $2,
            compromised_seq = (SELECT h.seq FROM log_head AS h WHERE h.id = 1) - $2
        WHERE key_id = $1)sql"
                              : R"sql(
        UPDATE publisher_keys
        SET changed_seq = (SELECT h.seq FROM log_head AS h WHERE h.id = 1) - $2
        WHERE key_id = $1)sql")
        .bind(k.key_id)
        .queue_numbering(number_of(ended));
    change_.note(DocumentKind::publisher, k.publisher_id);
  }

 private:
  Flight& db_;
  PgChangeState& change_;
};

}  // namespace

std::unique_ptr<Keys> key_rows(Flight& db, PgChangeState& change) {
  return std::make_unique<KeyRows>(db, change);
}

}  // namespace mkt::postgres
