// Reading connectors as search sees them; see search_queries.h.
#include "daemon/store/sqlite/search_queries.h"

#include "common/base/json.h"

namespace mkt::search_queries {
namespace {

// Column order of both statements.
#define MKT_DOCUMENT                                                                   \
  "SELECT c.id, c.display_name, c.description, c.author, c.capabilities, c.downloads," \
  " c.updated_at,"                                                                     \
  " (SELECT json_group_array(l.label) FROM connector_labels l"                         \
  "  WHERE l.num = c.num AND l.kind = 'keyword') "                                     \
  "FROM connectors c "

SearchIndex::Document document_row(const Query& row) {
  return {row.text(0),
          row.text(1),
          row.text(2),
          row.text(3),
          Json::parse(row.text(7)).get<std::vector<std::string>>(),
          Json::parse(row.text(4)).get<std::vector<std::string>>(),
          row.number(5),
          row.time(6)};
}

}  // namespace

void each_document(Database& db, const std::function<void(const SearchIndex::Document&)>& take) {
  Query row = db.query(MKT_DOCUMENT "ORDER BY c.num");
  while (row.step()) take(document_row(row));
}

std::optional<SearchIndex::Document> document(Database& db, std::string_view id) {
  Query row = db.query(MKT_DOCUMENT "WHERE c.id = ?");
  if (!row.bind(id).step()) return std::nullopt;
  return document_row(row);
}

}  // namespace mkt::search_queries
