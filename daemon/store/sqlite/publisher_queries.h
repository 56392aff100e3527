// The SQL of publishers and tokens. Functions run inside a caller's transaction.
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
Status set_status(Database& db, std::string_view id, PublisherStatus status,
                  std::string_view reason, UtcTime at, const Actor& actor);
Status set_verified(Database& db, std::string_view id, bool verified, UtcTime at,
                    const Actor& actor);
Error no_publisher(std::string_view id);

Status add_token(Database& db, const TokenRecord& token, const Actor& actor);
std::optional<TokenRecord> token(Database& db, std::string_view id);
std::vector<TokenRecord> tokens(Database& db);
void set_token_used(Database& db, std::string_view id, UtcTime at);
Status remove_token(Database& db, std::string_view id, const Actor& actor);

}  // namespace mkt::publisher_queries
