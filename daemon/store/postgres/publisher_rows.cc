#include "daemon/store/postgres/rows.h"

namespace mkt::postgres {
namespace {

class PublisherRows : public Publishers {
 public:
  PublisherRows(Flight& db, PgChangeState& change) : db_(db), change_(change) {}

  std::optional<PublisherRecord> find(std::string_view id, Hold hold) const override {
    Query row = db_.query(MKT_HELD(R"sql(
        SELECT id, display_name, email, status, verified, created_at, status_reason
        FROM publishers WHERE id = $1)sql"),
                          hold);
    if (!row.bind(id).step()) return std::nullopt;
    return read_publisher(row.row());
  }

  std::vector<PublisherRecord> all() const override {
    Query row = db_.query(R"sql(
        SELECT id, display_name, email, status, verified, created_at, status_reason
        FROM publishers ORDER BY id)sql");
    std::vector<PublisherRecord> publishers;
    while (row.step()) publishers.push_back(read_publisher(row.row()));
    return publishers;
  }

  void insert(const PublisherRecord& p) override {
    db_.write(R"sql(
        INSERT INTO publishers (id, display_name, email, status, verified, created_at)
        VALUES ($1, $2, $3, $4, $5, $6))sql")
        .bind(p.id)
        .bind(p.display_name)
        .bind(p.email)
        .bind(publisher_status_name(p.status))
        .bind(p.verified)
        .bind(p.created_at)
        .queue();
    change_.note(DocumentKind::publisher, p.id);
  }

  void set_status(std::string_view id, PublisherStatus status, std::string_view reason) override {
    db_.write("UPDATE publishers SET status = $1, status_reason = $2 WHERE id = $3")
        .bind(publisher_status_name(status))
        .bind(reason)
        .bind(id)
        .queue();
    change_.note(DocumentKind::publisher, id);
  }

  // Also notes the connectors: their documents say whether the owner is verified.
  void set_verified(std::string_view id, bool verified) override {
    db_.write("UPDATE publishers SET verified = $1 WHERE id = $2").bind(verified).bind(id).queue();
    change_.note(DocumentKind::publisher, id);
    if (!change_.follows) return;
    Query row = db_.query("SELECT id FROM connectors WHERE owner = $1");
    row.bind(id);
    while (row.step()) change_.note(DocumentKind::connector, row.only<std::string>());
  }

 private:
  Flight& db_;
  PgChangeState& change_;
};

}  // namespace

std::unique_ptr<Publishers> publisher_rows(Flight& db, PgChangeState& change) {
  return std::make_unique<PublisherRows>(db, change);
}

}  // namespace mkt::postgres
