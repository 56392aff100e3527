#include "daemon/store/sqlite/rows.h"

namespace mkt {
namespace {

class PublisherRows : public Publishers {
 public:
  PublisherRows(Database& db, ChangeState& change) : db_(db), change_(change) {}

  std::optional<PublisherRecord> find(std::string_view id, Hold) const override {
    Query row = db_.query(R"sql(
        SELECT id, display_name, email, status, verified, created_at, status_reason
        FROM publishers WHERE id = ?)sql");
    if (!row.bind(id).step()) return std::nullopt;
    return read_publisher(row);
  }

  std::vector<PublisherRecord> all() const override {
    Query row = db_.query(R"sql(
        SELECT id, display_name, email, status, verified, created_at, status_reason
        FROM publishers ORDER BY id)sql");
    std::vector<PublisherRecord> publishers;
    while (row.step()) publishers.push_back(read_publisher(row));
    return publishers;
  }

  void insert(const PublisherRecord& p) override {
    db_.query(R"sql(
        INSERT INTO publishers (id, display_name, email, status, verified, created_at)
        VALUES (?, ?, ?, ?, ?, ?))sql")
        .bind(p.id)
        .bind(p.display_name)
        .bind(p.email)
        .bind(publisher_status_name(p.status))
        .bind(p.verified)
        .bind(p.created_at)
        .run();
    change_.note(DocumentKind::publisher, p.id);
  }

  void set_status(std::string_view id, PublisherStatus status, std::string_view reason) override {
    db_.query("UPDATE publishers SET status = ?, status_reason = ? WHERE id = ?")
        .bind(publisher_status_name(status))
        .bind(reason)
        .bind(id)
        .run();
    change_.note(DocumentKind::publisher, id);
  }

  // Also notes the connectors: their documents say whether the owner is verified.
  void set_verified(std::string_view id, bool verified) override {
    db_.query("UPDATE publishers SET verified = ? WHERE id = ?").bind(verified).bind(id).run();
    change_.note(DocumentKind::publisher, id);
    if (!change_.follows) return;
    Query row = db_.query("SELECT id FROM connectors WHERE owner = ?");
    row.bind(id);
    while (row.step()) change_.note(DocumentKind::connector, row.only<std::string>());
  }

 private:
  Database& db_;
  ChangeState& change_;
};

}  // namespace

std::unique_ptr<Publishers> publisher_rows(Database& db, ChangeState& change) {
  return std::make_unique<PublisherRows>(db, change);
}

}  // namespace mkt
