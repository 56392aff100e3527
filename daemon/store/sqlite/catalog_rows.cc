#include "daemon/store/sqlite/rows.h"

namespace mkt {
namespace {

class CatalogRows : public Catalog {
 public:
  CatalogRows(Database& db, ChangeState& change, const Publishers& publishers)
      : db_(db), change_(change), publishers_(publishers) {}

  std::optional<ConnectorRecord> connector(std::string_view id, Hold) const override {
    Query row = db_.query(R"sql(
        SELECT id, owner, latest_version, display_name, description, author, capabilities,
               downloads, created_at, updated_at, visible_to,
               coalesce((SELECT quarantined FROM versions
                         WHERE connector_id = id AND version = latest_version), 0)
        FROM connectors WHERE id = ?)sql");
    if (!row.bind(id).step()) return std::nullopt;
    ConnectorRecord c;
    row.get(c.id, c.owner, c.latest_version, c.display_name, c.description, c.author,
            c.capabilities, c.downloads, c.created_at, c.updated_at, c.visible_to, c.quarantined);
    return c;
  }

  std::optional<ConnectorHead> connector_head(std::string_view id, Hold) const override {
    Query row = db_.query("SELECT owner, latest_version, visible_to FROM connectors WHERE id = ?");
    if (!row.bind(id).step()) return std::nullopt;
    ConnectorHead head;
    row.get(head.owner, head.latest_version, head.visible_to);
    return head;
  }

  std::optional<VersionRecord> version(std::string_view connector_id, std::string_view version,
                                       Hold) const override {
    Query row = db_.query(R"sql(
        SELECT connector_id, version, checksum, size, signing_key_id, published_at, published_by,
               downloads, prerelease, deprecated, deprecation_reason, quarantined, seq,
               signature_seq, capabilities, policy_classes, visible_to, quarantine_reason,
               withdrawn_at, withdrawal_code, withdrawal_reason,
               coalesce(json_extract(signature, '$.keyId'), signing_key_id),
               (SELECT fingerprint FROM publisher_keys WHERE key_id = signing_key_id),
               manifest, signature
        FROM versions WHERE connector_id = ? AND version = ?)sql");
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
                                            Hold) const override {
    Query row = db_.query(R"sql(
        SELECT connector_id, version, checksum, size, signing_key_id, published_at, published_by,
               downloads, prerelease, deprecated, deprecation_reason, quarantined, seq,
               signature_seq, capabilities, policy_classes, visible_to, quarantine_reason,
               withdrawn_at, withdrawal_code, withdrawal_reason
        FROM versions WHERE connector_id = ? AND version = ?)sql");
    if (!row.bind(connector_id).bind(version).step()) return std::nullopt;
    return read_head(row);
  }

  std::optional<VersionWithPublisher> version_with_publisher(std::string_view connector_id,
                                                             std::string_view version,
                                                             Hold hold) const override {
    auto found = version_head(connector_id, version, hold);
    if (!found) return std::nullopt;
    auto publisher = publishers_.find(found->published_by, hold);
    return VersionWithPublisher{std::move(*found), std::move(publisher)};
  }

  std::vector<VersionRecord> versions_of(std::string_view connector_id) const override {
    Query row = db_.query(R"sql(
        SELECT connector_id, version, checksum, size, signing_key_id, published_at, published_by,
               downloads, prerelease, deprecated, deprecation_reason, quarantined, seq,
               signature_seq, capabilities, policy_classes, visible_to, quarantine_reason,
               withdrawn_at, withdrawal_code, withdrawal_reason,
               coalesce(json_extract(signature, '$.keyId'), signing_key_id),
               (SELECT fingerprint FROM publisher_keys WHERE key_id = signing_key_id)
        FROM versions WHERE connector_id = ? ORDER BY seq DESC)sql");
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
        FROM versions WHERE signing_key_id = ? AND signature_seq >= ? AND quarantined = 0
        ORDER BY signature_seq)sql");
    row.bind(key_id).bind(seq);
    std::vector<VersionRecord> versions;
    while (row.step()) versions.push_back(read_head(row));
    return versions;
  }

  void hold_signed_since(std::string_view, std::int64_t) const override {}

  std::vector<SigningRecord> signed_as(std::string_view publisher_id, std::int64_t after,
                                       std::uint32_t limit) const override {
    Query row = db_.query(R"sql(
        SELECT v.connector_id, v.version, v.signing_key_id, l.seq, l.at, l.action, l.actor
        FROM versions AS v JOIN audit_log AS l ON l.seq = v.signature_seq
        WHERE v.signing_key_id IN (SELECT k.key_id FROM publisher_keys AS k WHERE k.publisher_id = ?)
          AND v.signature_seq > ?
        ORDER BY v.signature_seq DESC LIMIT ?)sql");
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
          (SELECT d.connector_id, d.version, d.version_range, v.visible_to, v.seq,
                  row_number() OVER (PARTITION BY d.connector_id ORDER BY v.seq DESC) AS place
           FROM version_dependencies AS d
           JOIN versions AS v ON v.connector_id = d.connector_id AND v.version = d.version
           WHERE d.dependency = ? AND v.quarantined = 0)
        WHERE place <= ? ORDER BY connector_id, place LIMIT ?)sql");
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
        db_.query("SELECT 1 FROM versions WHERE checksum = ? AND withdrawn_at IS NULL LIMIT 1");
    return row.bind(checksum).step();
  }

  void insert_connector(const ConnectorRecord& c, const ConnectorListing& l) override {
    db_.query(R"sql(
        INSERT INTO connectors
          (id, owner, latest_version, display_name, description, author, capabilities, created_at,
           updated_at, visible_to)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql")
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
        .run();
    label(db_.last_row_id(), l);
    change_.note(DocumentKind::connector, c.id);
  }

  void set_latest(std::string_view id, std::string_view latest_version,
                  const ConnectorListing& l) override {
    db_.query(R"sql(
        UPDATE connectors
        SET latest_version = ?, display_name = ?, description = ?, author = ?, capabilities = ?
        WHERE id = ?)sql")
        .bind(latest_version)
        .bind(l.display_name)
        .bind(l.description)
        .bind(l.author)
        .bind(l.capabilities)
        .bind(id)
        .run();
    const std::int64_t num = [&] {
      Query row = db_.query("SELECT num FROM connectors WHERE id = ?");
      row.bind(id).step();
      return row.only<std::int64_t>();
    }();
    db_.query("DELETE FROM connector_labels WHERE num = ?").bind(num).run();
    label(num, l);
    change_.note(DocumentKind::connector, id);
  }

  void set_updated(std::string_view id, UtcTime at) override {
    db_.query("UPDATE connectors SET updated_at = ? WHERE id = ?").bind(at).bind(id).run();
    change_.note(DocumentKind::connector, id);
  }

  void set_owner(std::string_view id, std::string_view publisher_id) override {
    db_.query("UPDATE connectors SET owner = ? WHERE id = ?").bind(publisher_id).bind(id).run();
    change_.note(DocumentKind::connector, id);
  }

  void set_visible_to(std::string_view id, const std::vector<std::string>& tenants) override {
    db_.query("UPDATE connectors SET visible_to = ? WHERE id = ?").bind(tenants).bind(id).run();
    change_.note(DocumentKind::connector, id);
  }

  void insert_dependency(const VersionRecord& v, const DependencyRecord& d) override {
    db_.query(R"sql(
        INSERT INTO version_dependencies (connector_id, version, dependency, version_range)
        VALUES (?, ?, ?, ?))sql")
        .bind(v.connector_id)
        .bind(v.version)
        .bind(d.connector_id)
        .bind(d.range)
        .run();
  }

  void set_version_visible_to(std::string_view connector_id, std::string_view version,
                              const std::vector<std::string>& tenants) override {
    db_.query("UPDATE versions SET visible_to = ? WHERE connector_id = ? AND version = ?")
        .bind(tenants)
        .bind(connector_id)
        .bind(version)
        .run();
    change_.note(DocumentKind::version, connector_id, version);
  }

  void insert_version(const VersionRecord& v, EntryRef published) override {
    const std::int64_t seq = change_.number(published);
    db_.query(R"sql(
        INSERT INTO versions
          (connector_id, version, manifest, checksum, size, signature, signing_key_id,
           published_at, published_by, prerelease, seq, signature_seq, capabilities,
           policy_classes, visible_to)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql")
        .bind(v.connector_id)
        .bind(v.version)
        .bind(v.manifest)
        .bind(v.checksum)
        .bind(static_cast<std::int64_t>(v.size))
        .bind(v.signature)
        .bind(v.signing_key_id)
        .bind(v.published_at)
        .bind(v.published_by)
        .bind(v.prerelease)
        .bind(seq)
        .bind(seq)
        .bind(v.capabilities)
        .bind(v.policy_classes)
        .bind(v.visible_to)
        .run();
    change_.note(DocumentKind::version, v.connector_id, v.version);
  }

  void replace_signature(const VersionRecord& v, EntryRef accepted) override {
    db_.query(R"sql(
        UPDATE versions SET signature = ?, signing_key_id = ?, signature_seq = ?, quarantined = ?
        WHERE connector_id = ? AND version = ?)sql")
        .bind(v.signature)
        .bind(v.signing_key_id)
        .bind(change_.number(accepted))
        .bind(v.quarantined)
        .bind(v.connector_id)
        .bind(v.version)
        .run();
    change_.note(DocumentKind::version, v.connector_id, v.version);
  }

  void set_quarantine(const VersionRecord& v) override {
    db_.query(R"sql(
        UPDATE versions SET quarantined = ?, quarantine_reason = ?
        WHERE connector_id = ? AND version = ?)sql")
        .bind(v.quarantined)
        .bind(v.quarantine_reason)
        .bind(v.connector_id)
        .bind(v.version)
        .run();
    change_.note(DocumentKind::version, v.connector_id, v.version);
  }

  void set_withdrawn(const VersionRecord& v) override {
    db_.query(R"sql(
        UPDATE versions
        SET quarantined = ?, withdrawn_at = ?, withdrawal_code = ?, withdrawal_reason = ?
        WHERE connector_id = ? AND version = ?)sql")
        .bind(v.quarantined)
        .bind(v.withdrawn_at)
        .bind(v.withdrawal_code)
        .bind(v.withdrawal_reason)
        .bind(v.connector_id)
        .bind(v.version)
        .run();
    change_.note(DocumentKind::version, v.connector_id, v.version);
  }

  void set_deprecated(std::string_view connector_id, std::string_view version,
                      const std::optional<std::string>& reason) override {
    db_.query(R"sql(
        UPDATE versions SET deprecated = ?, deprecation_reason = ?
        WHERE connector_id = ? AND version = ?)sql")
        .bind(reason.has_value())
        .bind(reason.value_or(""))
        .bind(connector_id)
        .bind(version)
        .run();
    change_.note(DocumentKind::version, connector_id, version);
  }

  void add_downloads(std::string_view connector_id, std::string_view version,
                     std::int64_t count) override {
    db_.query(
           "UPDATE versions SET downloads = downloads + ? WHERE connector_id = ? AND version = ?")
        .bind(count)
        .bind(connector_id)
        .bind(version)
        .run();
    db_.query("UPDATE connectors SET downloads = downloads + ? WHERE id = ?")
        .bind(count)
        .bind(connector_id)
        .run();
    change_.note(DocumentKind::version, connector_id, version);
    change_.note(DocumentKind::connector, connector_id);
  }

 private:
  // Writes what search shows and finds, from the latest version's manifest.
  void label(std::int64_t num, const ConnectorListing& l) {
    const auto add_label = [&](const std::string& word, std::string_view kind) {
      db_.query("INSERT OR IGNORE INTO connector_labels (label, kind, num) VALUES (?, ?, ?)")
          .bind(word)
          .bind(kind)
          .bind(num)
          .run();
    };
    for (const std::string& word : l.capabilities) add_label(word, "capability");
    for (const std::string& word : l.keywords) add_label(word, "keyword");
  }

  Database& db_;
  ChangeState& change_;
  const Publishers& publishers_;
};

}  // namespace

std::unique_ptr<Catalog> catalog_rows(Database& db, ChangeState& change,
                                      const Publishers& publishers) {
  return std::make_unique<CatalogRows>(db, change, publishers);
}

}  // namespace mkt
