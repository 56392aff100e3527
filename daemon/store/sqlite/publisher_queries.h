// The SQL of publishers, their keys, and tokens. Functions run inside a caller's transaction.
#pragma once

#include <optional>
#include <vector>

#include "common/base/result.h"
#include "daemon/store/records.h"
#include "daemon/store/sqlite/database.h"

namespace mkt::publisher_queries {

Status add_publisher(Database& db, const PublisherRecord& publisher, const KeyRecord& key,
                     const Actor& actor);
std::optional<PublisherRecord> publisher(Database& db, std::string_view id);
std::vector<PublisherRecord> publishers(Database& db);
std::optional<KeyRecord> key(Database& db, std::string_view key_id);
std::vector<KeyRecord> keys_of(Database& db, std::string_view publisher_id);
KeyList all_keys(Database& db);

Status add_token(Database& db, const TokenRecord& token, const Actor& actor);
std::optional<TokenRecord> token(Database& db, std::string_view id);
std::vector<TokenRecord> tokens(Database& db);
Status remove_token(Database& db, std::string_view id, const Actor& actor);

}  // namespace mkt::publisher_queries
