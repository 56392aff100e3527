// Search: one statement a sort order; see search_queries.h.
#include "daemon/store/sqlite/search_queries.h"

#include "common/base/json.h"

namespace mkt::search_queries {
namespace {

constexpr std::size_t kMaxWords = 16;

// Parameters of all statements: ?1 FTS expression, ?2 exact id, ?3 capabilities as a JSON array
// ('[]' for all), ?4 categories likewise, ?5 rows to return, ?6 rows to skip.
#define MKT_COLUMNS                                                                       \
  "SELECT c.id, c.owner, c.latest_version, c.display_name, c.description, c.author,"      \
  " c.capabilities, c.downloads, c.created_at, c.updated_at "
#define MKT_FROM_MATCHES                                                                  \
  "FROM connector_search s JOIN connectors c ON c.num = s.rowid"                          \
  " WHERE connector_search MATCH ?1 AND ?2 IS NOT NULL "
#define MKT_FROM_ALL "FROM connectors c WHERE ?1 IS NOT NULL AND ?2 IS NOT NULL "
#define MKT_FILTER                                                                        \
  "AND (?3 = '[]' OR EXISTS (SELECT 1 FROM connector_labels l WHERE l.num = c.num"        \
  "  AND l.kind = 'capability' AND l.label IN (SELECT value FROM json_each(?3)))) "       \
  "AND (?4 = '[]' OR EXISTS (SELECT 1 FROM connector_labels l WHERE l.num = c.num"        \
  "  AND l.label IN (SELECT value FROM json_each(?4)))) "
#define MKT_PAGE " LIMIT ?5 OFFSET ?6"

// Weights of id, display_name, description, author, keywords, capabilities.
#define MKT_RELEVANCE "bm25(connector_search, 10, 8, 2, 1, 4, 2)"

struct Order {
  SortBy by;
  bool descending;
  const char* matches;  // when there are words
  const char* all;      // when there are none
};

#define MKT_ORDER(order)                                       \
  MKT_COLUMNS MKT_FROM_MATCHES MKT_FILTER "ORDER BY " order MKT_PAGE, \
      MKT_COLUMNS MKT_FROM_ALL MKT_FILTER "ORDER BY " order MKT_PAGE

constexpr Order kOrders[] = {
    {SortBy::relevance, true,
     MKT_COLUMNS MKT_FROM_MATCHES MKT_FILTER
     "ORDER BY c.id = ?2 DESC, " MKT_RELEVANCE ", c.id" MKT_PAGE,
     MKT_COLUMNS MKT_FROM_ALL MKT_FILTER "ORDER BY c.downloads DESC, c.id" MKT_PAGE},
    {SortBy::relevance, false,
     MKT_COLUMNS MKT_FROM_MATCHES MKT_FILTER
     "ORDER BY c.id = ?2, " MKT_RELEVANCE " DESC, c.id" MKT_PAGE,
     MKT_COLUMNS MKT_FROM_ALL MKT_FILTER "ORDER BY c.downloads, c.id" MKT_PAGE},
    {SortBy::downloads, true, MKT_ORDER("c.downloads DESC, c.id")},
    {SortBy::downloads, false, MKT_ORDER("c.downloads, c.id")},
    {SortBy::updated, true, MKT_ORDER("c.updated_at DESC, c.id")},
    {SortBy::updated, false, MKT_ORDER("c.updated_at, c.id")},
    {SortBy::name, true, MKT_ORDER("c.display_name COLLATE NOCASE DESC, c.id DESC")},
    {SortBy::name, false, MKT_ORDER("c.display_name COLLATE NOCASE, c.id")},
};

constexpr const char* kCountMatches = "SELECT count(*) " MKT_FROM_MATCHES MKT_FILTER;
constexpr const char* kCountAll = "SELECT count(*) " MKT_FROM_ALL MKT_FILTER;

bool is_word_byte(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || u >= 0x80;
}

ConnectorRecord connector_row(const Query& row) {
  return {row.text(0),   row.text(1), row.text(2), row.text(3), row.text(4), row.text(5),
          Json::parse(row.text(6)).get<std::vector<std::string>>(),
          row.number(7), row.time(8), row.time(9)};
}

}  // namespace

std::string match_expression(std::string_view text) {
  std::string expression;
  std::size_t words = 0;
  for (std::size_t at = 0; at < text.size() && words < kMaxWords;) {
    if (!is_word_byte(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_word_byte(text[end])) ++end;
    if (words++ > 0) expression += ' ';
    expression.append("\"").append(text.substr(at, end - at)).append("\"*");
    at = end;
  }
  return expression;
}

SearchPage search(Database& db, const SearchQuery& q) {
  const std::string expression = match_expression(q.text);
  const bool has_words = !expression.empty();
  SearchPage page;
  if (!has_words && !q.text.empty()) return page;  // only punctuation: nothing has that

  const std::string capabilities = dump_json(Json(q.capabilities));
  const std::string categories = dump_json(Json(q.categories));
  const auto bind = [&](Query& row) {
    row.bind(expression).bind(q.text).bind(capabilities).bind(categories);
  };
  {
    Query count = db.query(has_words ? kCountMatches : kCountAll);
    bind(count);
    if (count.step()) page.total = static_cast<std::uint64_t>(count.number(0));
  }
  for (const Order& order : kOrders) {
    if (order.by != q.sort_by || order.descending != q.descending) continue;
    Query row = db.query(has_words ? order.matches : order.all);
    bind(row);
    row.bind(static_cast<std::int64_t>(q.page_size))
        .bind(static_cast<std::int64_t>(q.page - 1) * q.page_size);
    while (row.step()) page.connectors.push_back(connector_row(row));
  }
  return page;
}

}  // namespace mkt::search_queries
