// The SQL of publisher keys and of revoking them. Functions run inside a caller's transaction.
#pragma once

#include <optional>
#include <vector>

#include "common/base/result.h"
#include "daemon/store/records.h"
#include "daemon/store/sqlite/database.h"

namespace mkt::key_queries {

std::optional<KeyRecord> key(Database& db, std::string_view key_id);
std::optional<KeyRecord> key_of_alias(Database& db, std::string_view alias);
std::vector<KeyRecord> keys_of(Database& db, std::string_view publisher_id);
KeyList keys_since(Database& db, std::int64_t sequence);
std::int64_t newest_change(Database& db);

// The key, when it may sign at that moment.
Result<KeyRecord> require_signer(Database& db, std::string_view key_id, UtcTime now);
// key_exists when any publisher has it, or its alias.
Status require_new(Database& db, const KeyRecord& key);
void insert(Database& db, const KeyRecord& key, const Actor& actor);

Status add(Database& db, const KeyRecord& key, bool retires_endorser, const Actor& actor);
Result<RevocationOutcome> preview(Database& db, const Revocation& revocation);
Result<RevocationOutcome> revoke(Database& db, const Revocation& revocation, const Actor& actor);

}  // namespace mkt::key_queries
