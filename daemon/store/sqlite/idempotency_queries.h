// The SQL of idempotency keys: a change and its key commit together, so that the same key never
// brings about two. Functions run inside a caller's transaction.
#pragma once

#include <optional>

#include "daemon/store/records.h"
#include "daemon/store/sqlite/database.h"

namespace mkt::idempotency_queries {

// Throws answer_lost when another request than `request_id` spent the key already: it was kept from
// answering by a crash, and what it did must not be done again.
void spend(Database& db, const IdempotencyKey& key, std::string_view request_id);

std::optional<FirstAnswer> find(Database& db, std::string_view scope, std::string_view key,
                                UtcTime now);
std::size_t live_keys(Database& db, std::string_view scope, UtcTime now);
void keep(Database& db, const IdempotencyKey& key, const FirstAnswer& answer);
// Some at a time, so that no commit takes long; how many that were.
std::size_t remove_expired(Database& db, UtcTime now);

}  // namespace mkt::idempotency_queries
