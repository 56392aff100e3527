#include "daemon/store/postgres/rows.h"

namespace mkt::postgres {
namespace {

class OwnerRows : public Owners {
 public:
  OwnerRows(Flight& db, PgChangeState& change) : db_(db), change_(change) {}

  std::vector<OwnerRecord> of(std::string_view connector_id) const override {
    Query row = db_.query(R"sql(
        SELECT publisher_id, added_at FROM connector_owners
        WHERE connector_id = $1 ORDER BY added_seq, publisher_id)sql");
    row.bind(connector_id);
    std::vector<OwnerRecord> owners;
    while (row.step()) {
      OwnerRecord& owner = owners.emplace_back();
      row.get(owner.publisher_id, owner.added_at);
    }
    return owners;
  }

  bool contains(std::string_view connector_id, std::string_view publisher_id) const override {
    Query row =
        db_.query("SELECT 1 FROM connector_owners WHERE connector_id = $1 AND publisher_id = $2");
    return row.bind(connector_id).bind(publisher_id).step();
  }

  void insert(std::string_view connector_id, const OwnerRecord& owner, EntryRef added) override {
    db_.write(R"sql(
        INSERT INTO connector_owners (connector_id, publisher_id, added_at, added_seq)
        SELECT $1, $2, $3, h.seq - $4 FROM log_head AS h WHERE h.id = 1)sql")
        .bind(connector_id)
        .bind(owner.publisher_id)
        .bind(owner.added_at)
        .queue_numbered({number_of(added)});
    change_.note(DocumentKind::connector, connector_id);
  }

  void remove(std::string_view connector_id, std::string_view publisher_id) override {
    db_.write("DELETE FROM connector_owners WHERE connector_id = $1 AND publisher_id = $2")
        .bind(connector_id)
        .bind(publisher_id)
        .queue();
    change_.note(DocumentKind::connector, connector_id);
  }

 private:
  Flight& db_;
  PgChangeState& change_;
};

}  // namespace

std::unique_ptr<Owners> owner_rows(Flight& db, PgChangeState& change) {
  return std::make_unique<OwnerRows>(db, change);
}

}  // namespace mkt::postgres
