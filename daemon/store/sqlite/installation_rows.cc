#include "daemon/store/sqlite/rows.h"

namespace mkt {
namespace {

std::vector<InstallationRecord> read_installations(Query& row) {
  std::vector<InstallationRecord> installations;
  while (row.step()) installations.push_back(read_installation(row));
  return installations;
}

class InstallationRows : public Installations {
 public:
  InstallationRows(Database& db, ChangeState& change) : db_(db), change_(change) {}

  std::optional<InstallationRecord> find(std::string_view tenant_id,
                                         std::string_view connector_id) const override {
    Query row = db_.query(R"sql(
        SELECT tenant_id, connector_id, version, checksum, config, request_id, installed_by,
               installed_at, updated_at
        FROM installations WHERE tenant_id = ? AND connector_id = ?)sql");
    if (!row.bind(tenant_id).bind(connector_id).step()) return std::nullopt;
    return read_installation(row);
  }

  std::vector<InstallationRecord> list(std::string_view tenant_id, std::string_view after,
                                       std::uint32_t limit) const override {
    Query row = db_.query(R"sql(
        SELECT tenant_id, connector_id, version, checksum, config, request_id, installed_by,
               installed_at, updated_at
        FROM installations WHERE tenant_id = ? AND connector_id > ?
        ORDER BY connector_id LIMIT ?)sql");
    row.bind(tenant_id).bind(after).bind(static_cast<std::int64_t>(limit));
    return read_installations(row);
  }

  std::vector<InstallationRecord> of_version(std::string_view connector_id,
                                             std::string_view version,
                                             std::uint32_t limit) const override {
    Query row = db_.query(R"sql(
        SELECT tenant_id, connector_id, version, checksum, config, request_id, installed_by,
               installed_at, updated_at
        FROM installations WHERE connector_id = ? AND version = ? ORDER BY tenant_id LIMIT ?)sql");
    row.bind(connector_id).bind(version).bind(static_cast<std::int64_t>(limit));
    return read_installations(row);
  }

  std::size_t count_of_version(std::string_view connector_id,
                               std::string_view version) const override {
    Query row =
        db_.query("SELECT count(*) FROM installations WHERE connector_id = ? AND version = ?");
    row.bind(connector_id).bind(version).step();
    return row.only<std::size_t>();
  }

  std::vector<InstallationEvent> history(std::string_view tenant_id, std::string_view connector_id,
                                         std::uint32_t limit) const override {
    Query row = db_.query(R"sql(
        SELECT action, version, previous_version, request_id, actor, at FROM installation_events
        WHERE tenant_id = ? AND connector_id = ? ORDER BY num DESC LIMIT ?)sql");
    row.bind(tenant_id).bind(connector_id).bind(static_cast<std::int64_t>(limit));
    std::vector<InstallationEvent> events;
    while (row.step()) {
      InstallationEvent& e = events.emplace_back();
      row.get(e.action, e.version, e.previous_version, e.request_id, e.actor, e.at);
    }
    return events;
  }

  std::optional<std::string> last_version(std::string_view tenant_id,
                                          std::string_view connector_id) const override {
    Query row = db_.query(R"sql(
        SELECT version FROM installation_events
        WHERE tenant_id = ? AND connector_id = ? ORDER BY num DESC LIMIT 1)sql");
    if (!row.bind(tenant_id).bind(connector_id).step()) return std::nullopt;
    return row.only<std::string>();
  }

  void put(const InstallationRecord& i) override {
    db_.query(R"sql(
        INSERT INTO installations
          (tenant_id, connector_id, version, checksum, config, request_id, installed_by,
           installed_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (tenant_id, connector_id) DO UPDATE
        SET version = excluded.version, checksum = excluded.checksum, config = excluded.config,
            request_id = excluded.request_id, installed_by = excluded.installed_by,
            updated_at = excluded.updated_at)sql")
        .bind(i.tenant_id)
        .bind(i.connector_id)
        .bind(i.version)
        .bind(i.checksum)
        .bind(i.config)
        .bind(i.request_id)
        .bind(i.installed_by)
        .bind(i.installed_at)
        .bind(i.updated_at)
        .run();
    change_.note(DocumentKind::installation, i.tenant_id, i.connector_id);
  }

  void remove(std::string_view tenant_id, std::string_view connector_id) override {
    db_.query("DELETE FROM installations WHERE tenant_id = ? AND connector_id = ?")
        .bind(tenant_id)
        .bind(connector_id)
        .run();
    change_.note(DocumentKind::installation, tenant_id, connector_id);
  }

  void add_event(std::string_view tenant_id, std::string_view connector_id,
                 const InstallationEvent& e) override {
    db_.query(R"sql(
        INSERT INTO installation_events
          (tenant_id, connector_id, action, version, previous_version, request_id, actor, at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?))sql")
        .bind(tenant_id)
        .bind(connector_id)
        .bind(e.action)
        .bind(e.version)
        .bind(e.previous_version)
        .bind(e.request_id)
        .bind(e.actor)
        .bind(e.at)
        .run();
    change_.note(DocumentKind::installation_event, tenant_id, std::to_string(db_.last_row_id()));
  }

 private:
  Database& db_;
  ChangeState& change_;
};

}  // namespace

std::unique_ptr<Installations> installation_rows(Database& db, ChangeState& change) {
  return std::make_unique<InstallationRows>(db, change);
}

}  // namespace mkt
