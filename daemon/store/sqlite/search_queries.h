// Searching the catalog with FTS5.
#pragma once

#include <string>
#include <string_view>

#include "daemon/store/records.h"
#include "daemon/store/sqlite/database.h"

namespace mkt::search_queries {

SearchPage search(Database& db, const SearchQuery& query);

// The user's words as an FTS5 expression: every word must occur, the last letters may be missing.
// Whatever has a meaning to FTS5 (quotes, NEAR, '*', '-') is only a separator here. Empty when
// there is no word in the text.
std::string match_expression(std::string_view text);

}  // namespace mkt::search_queries
