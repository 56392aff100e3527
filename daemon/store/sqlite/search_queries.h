// What the search index is filled with.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "daemon/store/sqlite/database.h"
#include "daemon/views/search_index.h"

namespace mkt::search_queries {

void each_document(Database& db, const std::function<void(const SearchIndex::Document&)>& take);
std::optional<SearchIndex::Document> document(Database& db, std::string_view id);

}  // namespace mkt::search_queries
