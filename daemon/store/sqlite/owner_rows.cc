#include "daemon/store/sqlite/rows.h"

namespace mkt {
namespace {

class OwnerRows : public Owners {
 public:
  OwnerRows(Database& db, ChangeState& change) : db_(db), change_(change) {}

  std::vector<OwnerRecord> of(std::string_view connector_id) const override {
    Query row = db_.query(R"sql(
        SELECT publisher_id, added_at FROM connector_owners
        WHERE connector_id = ? ORDER BY added_seq, publisher_id)sql");
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
        db_.query("SELECT 1 FROM connector_owners WHERE connector_id = ? AND publisher_id = ?");
    return row.bind(connector_id).bind(publisher_id).step();
  }

  void insert(std::string_view connector_id, const OwnerRecord& owner, EntryRef added) override {
    db_.query(R"sql(
        INSERT INTO connector_owners (connector_id, publisher_id, added_at, added_seq)
        VALUES (?, ?, ?, ?))sql")
        .bind(connector_id)
        .bind(owner.publisher_id)
        .bind(owner.added_at)
        .bind(change_.number(added))
        .run();
    change_.note(DocumentKind::connector, connector_id);
  }

  void remove(std::string_view connector_id, std::string_view publisher_id) override {
    db_.query("DELETE FROM connector_owners WHERE connector_id = ? AND publisher_id = ?")
        .bind(connector_id)
        .bind(publisher_id)
        .run();
    change_.note(DocumentKind::connector, connector_id);
  }

 private:
  Database& db_;
  ChangeState& change_;
};

}  // namespace

std::unique_ptr<Owners> owner_rows(Database& db, ChangeState& change) {
  return std::make_unique<OwnerRows>(db, change);
}

}  // namespace mkt
