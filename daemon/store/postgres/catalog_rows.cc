#include "daemon/store/postgres/document_forms.h"
#include "daemon/store/postgres/rows.h"

namespace mkt::postgres {
namespace {

class CatalogRows : public Catalog {
 public:
  CatalogRows(Flight& db, PgChangeState& change, const Publishers& publishers)
      : db_(db), change_(change), publishers_(publishers) {}

  std::optional<ConnectorRecord> connector(std::string_view id, Hold hold) const override {
    Query row = db_.query(MKT_HELD(R"sql(
        SELECT id, owner, latest_version, display_name, description, author, capabilities,
               downloads, created_at, updated_at, visible_to,
               coalesce((SELECT quarantined FROM versions
                         WHERE connector_id = id AND version = latest_version), 0)
        FROM connectors WHERE id = $1)sql"),
                          hold);
    if (!row.bind(id).step()) return std::nullopt;
    ConnectorRecord c;
    row.get(c.id, c.owner, c.latest_version, c.display_name, c.description, c.author,
            c.capabilities, c.downloads, c.created_at, c.updated_at, c.visible_to, c.quarantined);
    return c;
  }

  std::optional<ConnectorHead> connector_head(std::string_view id, Hold hold) const override {
    Query row = db_.query(
        MKT_HELD("SELECT owner, latest_version, visible_to FROM connectors WHERE id = $1"), hold);
    if (!row.bind(id).step()) return std::nullopt;
    ConnectorHead head;
    row.get(head.owner, head.latest_version, head.visible_to);
    return head;
  }

  std::optional<VersionRecord> version(std::string_view connector_id, std::string_view version,
                                       Hold hold) const override {
    // The version's row is held first and read then, so that its files are those of the same
    // moment.
    if (hold == Hold::shared || hold == Hold::exclusive) hold_version(connector_id, version, hold);
    Query row = db_.query(R"sql(
        SELECT connector_id, version, checksum, size, signing_key_id, published_at, published_by,
               downloads, prerelease, deprecated, deprecation_reason, quarantined, seq,
               signature_seq, capabilities, policy_classes, visible_to, quarantine_reason,
               withdrawn_at, withdrawal_code, withdrawal_reason,
               signed_as,
               (SELECT k.fingerprint FROM publisher_keys AS k WHERE k.key_id = signing_key_id),
               (SELECT f.manifest FROM version_files AS f
                WHERE f.connector_id = $1 AND f.version = $2),
               (SELECT f.signature FROM version_files AS f
                WHERE f.connector_id = $1 AND f.version = $2)
        FROM versions WHERE connector_id = $1 AND version = $2)sql");
    if (!row.bind(connector_id).bind(version).step()) return std::nullopt;
    VersionRecord v;
    row.get(v.connector_id, v.version, v.checksum, v.size, v.signing_key_id, v.published_at,
            v.published_by, v.downloads, v.prerelease, v.deprecated, v.deprecation_reason,
            v.quarantined, v.seq, v.signature_seq, v.capabilities, v.policy_classes, v.visible_to,
            v.quarantine_reason, v.withdrawn_at, v.withdrawal_code, v.withdrawal_reason,
            v.signed_as, v.key_fingerprint, v.manifest, v.signature);
    return v;
  }

  std::optional<VersionRecord> version_head(std::string_view connector_id, std::string_view version,
                                            Hold hold) const override {
    Query row = db_.query(MKT_HELD(R"sql(
        SELECT connector_id, version, checksum, size, signing_key_id, published_at, published_by,
               downloads, prerelease, deprecated, deprecation_reason, quarantined, seq,
               signature_seq, capabilities, policy_classes, visible_to, quarantine_reason,
               withdrawn_at, withdrawal_code, withdrawal_reason
        FROM versions WHERE connector_id = $1 AND version = $2)sql"),
                          hold);
    if (!row.bind(connector_id).bind(version).step()) return std::nullopt;
    return read_head(row.row());
  }

  std::optional<VersionWithPublisher> version_with_publisher(std::string_view connector_id,
                                                             std::string_view version,
                                                             Hold hold) const override {
    auto found = version_head(connector_id, version, Hold::fixed);
    if (!found) return std::nullopt;
    // Who published it never changes, so it need not be held to find that out; but it is read again
    // once it is held.
    auto publisher = publishers_.find(found->published_by, hold);
    if (hold == Hold::shared || hold == Hold::exclusive) {
      found = version_head(connector_id, version, hold);
    }
    return VersionWithPublisher{std::move(*found), std::move(publisher)};
  }

  std::vector<VersionRecord> versions_of(std::string_view connector_id) const override {
    Query row = db_.query(R"sql(
        SELECT connector_id, version, checksum, size, signing_key_id, published_at, published_by,
               downloads, prerelease, deprecated, deprecation_reason, quarantined, seq,
               signature_seq, capabilities, policy_classes, visible_to, quarantine_reason,
               withdrawn_at, withdrawal_code, withdrawal_reason,
               signed_as,
               (SELECT k.fingerprint FROM publisher_keys AS k WHERE k.key_id = signing_key_id)
        FROM versions WHERE connector_id = $1 ORDER BY seq DESC)sql");
    row.bind(connector_id);
    std::vector<VersionRecord> versions;
    while (row.step()) {
      VersionRecord& v = versions.emplace_back();
      row.get(v.connector_id, v.version, v.checksum, v.size, v.signing_key_id, v.published_at,
              v.published_by, v.downloads, v.prerelease, v.deprecated, v.deprecation_reason,
              v.quarantined, v.seq, v.signature_seq, v.capabilities, v.policy_classes, v.visible_to,
              v.quarantine_reason, v.withdrawn_at, v.withdrawal_code, v.withdrawal_reason,
              v.signed_as, v.key_fingerprint);
    }
    return versions;
  }

  std::vector<VersionRecord> signed_since(std::string_view key_id,
                                          std::int64_t seq) const override {
    Query row = db_.query(R"sql(
        SELECT connector_id, version, checksum, size, signing_key_id, published_at, published_by,
               downloads, prerelease, deprecated, deprecation_reason, quarantined, seq,
               signature_seq, capabilities, policy_classes, visible_to, quarantine_reason,
               withdrawn_at, withdrawal_code, withdrawal_reason
        FROM versions WHERE signing_key_id = $1 AND signature_seq >= $2 AND quarantined = 0
        ORDER BY signature_seq)sql");
    row.bind(key_id).bind(seq);
    std::vector<VersionRecord> versions;
    while (row.step()) versions.push_back(read_head(row.row()));
    return versions;
  }

  void hold_signed_since(std::string_view key_id, std::int64_t seq) const override {
    PgStatement lock(R"sql(
        SELECT version FROM versions
        WHERE signing_key_id = $1 AND signature_seq >= $2 AND quarantined = 0
        ORDER BY connector_id, version FOR NO KEY UPDATE)sql");
    db_.hold(lock.bind(key_id).bind(seq));
  }

  std::vector<SigningRecord> signed_as(std::string_view publisher_id, std::int64_t after,
                                       std::uint32_t limit) const override {
    Query row = db_.query(R"sql(
        SELECT v.connector_id, v.version, v.signing_key_id, l.seq, l.at, l.action, l.actor
        FROM versions AS v JOIN audit_log AS l ON l.seq = v.signature_seq
        WHERE v.signing_key_id IN (SELECT k.key_id FROM publisher_keys AS k WHERE k.publisher_id = $1)
          AND v.signature_seq > $2
        ORDER BY v.signature_seq DESC LIMIT $3)sql");
    row.bind(publisher_id).bind(after).bind(static_cast<std::int64_t>(limit));
    std::vector<SigningRecord> signings;
    while (row.step()) {
      SigningRecord& s = signings.emplace_back();
      row.get(s.connector_id, s.version, s.key_id, s.seq, s.at, s.action, s.actor);
    }
    return signings;
  }

  std::vector<DependantRecord> dependants_of(std::string_view id, std::uint32_t each,
                                             std::uint32_t limit) const override {
    Query row = db_.query(R"sql(
        SELECT connector_id, version, version_range, visible_to FROM
          (SELECT d.connector_id, d.version, d.version_range, v.visible_to,
                  row_number() OVER (PARTITION BY d.connector_id ORDER BY v.seq DESC) AS place
           FROM version_dependencies AS d
           JOIN versions AS v ON v.connector_id = d.connector_id AND v.version = d.version
           WHERE d.dependency = $1 AND v.quarantined = 0) AS found
        WHERE place <= $2 ORDER BY connector_id, place LIMIT $3)sql");
    row.bind(id).bind(static_cast<std::int64_t>(each)).bind(static_cast<std::int64_t>(limit));
    std::vector<DependantRecord> dependants;
    while (row.step()) {
      DependantRecord& d = dependants.emplace_back();
      row.get(d.connector_id, d.version, d.range, d.visible_to);
    }
    return dependants;
  }

  bool names_blob(std::string_view checksum) const override {
    Query row =
        db_.query("SELECT 1 FROM versions WHERE checksum = $1 AND withdrawn_at IS NULL LIMIT 1");
    return row.bind(checksum).step();
  }

  void insert_connector(const ConnectorRecord& c, const ConnectorListing& l) override {
    // Where another change was first to add this connector, this fails, and is decided again.
    db_.write(R"sql(
        INSERT INTO connectors
          (id, owner, latest_version, display_name, description, author, capabilities, created_at,
           updated_at, visible_to, num)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, h.num - $11
        FROM log_head AS h WHERE h.id = 1)sql")
        .bind(c.id)
        .bind(c.owner)
        .bind(c.latest_version)
        .bind(l.display_name)
        .bind(l.description)
        .bind(l.author)
        .bind(l.capabilities)
        .bind(c.created_at)
        .bind(c.updated_at)
        .bind(c.visible_to)
        .queue_numbered({db_.take_num()});
    label(c.id, l);
    change_.note(DocumentKind::connector, c.id);
  }

  void set_latest(std::string_view id, std::string_view latest_version,
                  const ConnectorListing& l) override {
    db_.write(R"sql(
        UPDATE connectors
        SET latest_version = $1, display_name = $2, description = $3, author = $4,
            capabilities = $5
        WHERE id = $6)sql")
        .bind(latest_version)
        .bind(l.display_name)
        .bind(l.description)
        .bind(l.author)
        .bind(l.capabilities)
        .bind(id)
        .queue();
    db_.write(R"sql(
        DELETE FROM connector_labels
        WHERE num = (SELECT c.num FROM connectors AS c WHERE c.id = $1))sql")
        .bind(id)
        .queue();
    label(id, l);
    change_.note(DocumentKind::connector, id);
  }

  void set_updated(std::string_view id, UtcTime at) override {
    db_.write("UPDATE connectors SET updated_at = $1 WHERE id = $2").bind(at).bind(id).queue();
    change_.note(DocumentKind::connector, id);
  }

  void set_owner(std::string_view id, std::string_view publisher_id) override {
    db_.write("UPDATE connectors SET owner = $1 WHERE id = $2").bind(publisher_id).bind(id).queue();
    change_.note(DocumentKind::connector, id);
  }

  void set_visible_to(std::string_view id, const std::vector<std::string>& tenants) override {
    db_.write("UPDATE connectors SET visible_to = $1 WHERE id = $2").bind(tenants).bind(id).queue();
    change_.note(DocumentKind::connector, id);
  }

  void insert_dependency(const VersionRecord& v, const DependencyRecord& d) override {
    db_.write(R"sql(
        INSERT INTO version_dependencies (connector_id, version, dependency, version_range)
        VALUES ($1, $2, $3, $4))sql")
        .bind(v.connector_id)
        .bind(v.version)
        .bind(d.connector_id)
        .bind(d.range)
        .queue();
  }

  void set_version_visible_to(std::string_view connector_id, std::string_view version,
                              const std::vector<std::string>& tenants) override {
    db_.write("UPDATE versions SET visible_to = $1 WHERE connector_id = $2 AND version = $3")
        .bind(tenants)
        .bind(connector_id)
        .bind(version)
        .queue();
    change_.note(DocumentKind::version, connector_id, version);
  }

  void insert_version(const VersionRecord& v, EntryRef published) override {
    db_.write(R"sql(
        INSERT INTO versions
          (connector_id, version, checksum, size, signing_key_id, signed_as, published_at,
           published_by, prerelease, capabilities, policy_classes, visible_to, seq, signature_seq)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, h.seq - $13, h.seq - $13
        FROM log_head AS h WHERE h.id = 1)sql")
        .bind(v.connector_id)
        .bind(v.version)
        .bind(v.checksum)
        .bind(v.size)
        .bind(v.signing_key_id)
        .bind(name_in_signature(v.signature, v.signing_key_id))
        .bind(v.published_at)
        .bind(v.published_by)
        .bind(v.prerelease)
        .bind(v.capabilities)
        .bind(v.policy_classes)
        .bind(v.visible_to)
        .queue_numbered({number_of(published)});
    db_.write(R"sql(
        INSERT INTO version_files (connector_id, version, manifest, signature)
        VALUES ($1, $2, $3, $4))sql")
        .bind(v.connector_id)
        .bind(v.version)
        .bind(v.manifest)
        .bind(v.signature)
        .queue();
    change_.note(DocumentKind::version, v.connector_id, v.version);
  }

  void replace_signature(const VersionRecord& v, EntryRef accepted) override {
    db_.write(R"sql(
        UPDATE versions SET signing_key_id = $1, signed_as = $2, quarantined = $3
        WHERE connector_id = $4 AND version = $5)sql")
        .bind(v.signing_key_id)
        .bind(name_in_signature(v.signature, v.signing_key_id))
        .bind(v.quarantined)
        .bind(v.connector_id)
        .bind(v.version)
        .queue();
    db_.write("UPDATE version_files SET signature = $1 WHERE connector_id = $2 AND version = $3")
        .bind(v.signature)
        .bind(v.connector_id)
        .bind(v.version)
        .queue();
    db_.write(R"sql(
        UPDATE versions SET signature_seq = (SELECT h.seq FROM log_head AS h WHERE h.id = 1) - $3
        WHERE connector_id = $1 AND version = $2)sql")
        .bind(v.connector_id)
        .bind(v.version)
        .queue_numbering(number_of(accepted));
    change_.note(DocumentKind::version, v.connector_id, v.version);
  }

  void set_quarantine(const VersionRecord& v) override {
    db_.write(R"sql(
        UPDATE versions SET quarantined = $1, quarantine_reason = $2
        WHERE connector_id = $3 AND version = $4)sql")
        .bind(v.quarantined)
        .bind(v.quarantine_reason)
        .bind(v.connector_id)
        .bind(v.version)
        .queue();
    change_.note(DocumentKind::version, v.connector_id, v.version);
  }

  void set_withdrawn(const VersionRecord& v) override {
    db_.write(R"sql(
        UPDATE versions
        SET quarantined = $1, withdrawn_at = $2, withdrawal_code = $3, withdrawal_reason = $4
        WHERE connector_id = $5 AND version = $6)sql")
        .bind(v.quarantined)
        .bind(v.withdrawn_at)
        .bind(v.withdrawal_code)
        .bind(v.withdrawal_reason)
        .bind(v.connector_id)
        .bind(v.version)
        .queue();
    change_.note(DocumentKind::version, v.connector_id, v.version);
  }

  void set_deprecated(std::string_view connector_id, std::string_view version,
                      const std::optional<std::string>& reason) override {
    db_.write(R"sql(
        UPDATE versions SET deprecated = $1, deprecation_reason = $2
        WHERE connector_id = $3 AND version = $4)sql")
        .bind(reason.has_value())
        .bind(reason.value_or(""))
        .bind(connector_id)
        .bind(version)
        .queue();
    change_.note(DocumentKind::version, connector_id, version);
  }

  void add_downloads(std::string_view connector_id, std::string_view version,
                     std::int64_t count) override {
    // In the order of hold.h: the connector before its version.
    db_.write("UPDATE connectors SET downloads = downloads + $1 WHERE id = $2")
        .bind(count)
        .bind(connector_id)
        .queue();
    db_.write(
           "UPDATE versions SET downloads = downloads + $1 WHERE connector_id = $2 AND version = "
           "$3")
        .bind(count)
        .bind(connector_id)
        .bind(version)
        .queue();
    change_.note(DocumentKind::version, connector_id, version);
    change_.note(DocumentKind::connector, connector_id);
  }

 private:
  void hold_version(std::string_view connector_id, std::string_view version, Hold hold) const {
    constexpr HeldSql kVersion =
        MKT_HELD("SELECT version FROM versions WHERE connector_id = $1 AND version = $2");
    PgStatement lock(hold == Hold::shared ? kVersion.shared : kVersion.exclusive);
    db_.hold(lock.bind(connector_id).bind(version));
  }

  // Writes what search finds, from the latest version's manifest.
  void label(std::string_view id, const ConnectorListing& l) {
    const auto add_label = [&](const std::string& word, std::string_view kind) {
      db_.write(R"sql(
          INSERT INTO connector_labels (label, kind, num)
          SELECT $1, $2, c.num FROM connectors AS c WHERE c.id = $3
          ON CONFLICT DO NOTHING)sql")
          .bind(word)
          .bind(kind)
          .bind(id)
          .queue();
    };
    for (const std::string& word : l.capabilities) add_label(word, "capability");
    for (const std::string& word : l.keywords) add_label(word, "keyword");
  }

  Flight& db_;
  PgChangeState& change_;
  const Publishers& publishers_;
};

}  // namespace

std::unique_ptr<Catalog> catalog_rows(Flight& db, PgChangeState& change,
                                      const Publishers& publishers) {
  return std::make_unique<CatalogRows>(db, change, publishers);
}

}  // namespace mkt::postgres
