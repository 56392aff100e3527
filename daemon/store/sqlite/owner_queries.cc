// The SQL of owners; see owner_queries.h.
#include "daemon/store/sqlite/owner_queries.h"

#include <fmt/format.h>

#include "daemon/store/sqlite/catalog_queries.h"
#include "daemon/store/sqlite/log_queries.h"
#include "daemon/store/sqlite/publisher_queries.h"

namespace mkt::owner_queries {
namespace {

Status require_connector(Database& db, std::string_view id) {
  if (catalog_queries::connector(db, id)) return {};
  return Error(ErrorCode::connector_not_found, fmt::format("there is no connector {}", id));
}

}  // namespace

std::vector<OwnerRecord> owners_of(Database& db, std::string_view connector_id) {
  Query row = db.query(R"sql(
      SELECT publisher_id, added_at FROM connector_owners
      WHERE connector_id = ? ORDER BY added_seq, publisher_id)sql");
  row.bind(connector_id);
  std::vector<OwnerRecord> owners;
  while (row.step()) owners.push_back({row.text(0), row.time(1)});
  return owners;
}

bool is_owner(Database& db, std::string_view connector_id, std::string_view publisher_id) {
  Query row =
      db.query("SELECT 1 FROM connector_owners WHERE connector_id = ? AND publisher_id = ?");
  return row.bind(connector_id).bind(publisher_id).step();
}

void insert(Database& db, std::string_view connector_id, std::string_view publisher_id, UtcTime at,
            std::int64_t seq) {
  db.query(R"sql(
      INSERT INTO connector_owners (connector_id, publisher_id, added_at, added_seq)
      VALUES (?, ?, ?, ?))sql")
      .bind(connector_id)
      .bind(publisher_id)
      .bind(at)
      .bind(seq)
      .run();
}

Status add(Database& db, std::string_view connector_id, std::string_view publisher_id, UtcTime at,
           const Actor& actor) {
  MKT_CHECK(require_connector(db, connector_id));
  if (!publisher_queries::publisher(db, publisher_id)) {
    return publisher_queries::no_publisher(publisher_id);
  }
  if (is_owner(db, connector_id, publisher_id)) return {};
  insert(db, connector_id, publisher_id, at,
         append_to_log(db, actor, "owner.add", connector_id, publisher_id, at));
  return {};
}

Status remove(Database& db, std::string_view connector_id, std::string_view publisher_id,
              UtcTime at, const Actor& actor) {
  MKT_CHECK(require_connector(db, connector_id));
  if (!is_owner(db, connector_id, publisher_id)) {
    return Error(ErrorCode::publisher_not_found,
                 fmt::format("{} is not an owner of {}", publisher_id, connector_id));
  }
  if (owners_of(db, connector_id).size() == 1) {
    return Error(ErrorCode::last_owner,
                 fmt::format("{} is the last owner of {}; add another one first", publisher_id,
                             connector_id));
  }
  append_to_log(db, actor, "owner.remove", connector_id, publisher_id, at);
  db.query("DELETE FROM connector_owners WHERE connector_id = ? AND publisher_id = ?")
      .bind(connector_id)
      .bind(publisher_id)
      .run();
  db.query("UPDATE connectors SET owner = ? WHERE id = ?")
      .bind(owners_of(db, connector_id).front().publisher_id)
      .bind(connector_id)
      .run();
  return {};
}

}  // namespace mkt::owner_queries
