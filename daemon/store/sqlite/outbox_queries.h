// The SQL of the outbox: triggers that fill it, what waits in it, and documents out of rows.
//
// The triggers are the writing connection's own (TEMP): while there is no mirror there are none,
// and changes cost nothing. What changed in such a time is not in the outbox, so the first start
// with a mirror again puts everything there.
//
// A change appends to the outbox and looks nothing up, since it waits for that; that a document
// changed several times before it was sent is seen when it is.
#pragma once

#include <span>
#include <vector>

#include "daemon/store/outbox.h"
#include "daemon/store/sqlite/database.h"

namespace mkt::outbox_queries {

// From now on every change is noted. Whether changes may have been missed since the last time.
bool start(Database& writer);
// From now on changes are not noted.
void stop(Database& writer);

// Puts every document there is of a kind into the outbox.
void fill(Database& db, DocumentKind kind);

// What the oldest changes that wait have changed: `most` documents, or fewer where those have
// `most_bytes` already.
std::vector<OutboxEntry> waiting(Database& db, std::uint32_t most, std::size_t most_bytes);
OutboxCounts counts(Database& db);

// They are where they belong: gone from the outbox, unless they changed again.
void sent(Database& db, std::span<const OutboxEntry> entries);
// Not to be sent until it changes, or until everything is sent again.
void park(Database& db, const OutboxEntry& entry, std::string_view reason);
std::vector<ParkedDocument> parked(Database& db, std::uint32_t most);

// The documents of a kind whose key comes after that one, in the order of keys.
std::vector<OutboxEntry> documents(Database& db, DocumentKind kind,
                                   const std::vector<std::string>& after, std::uint32_t most);
// Makes the rows of a document. invalid_input where it is none of that kind.
Status insert(Database& db, DocumentKind kind, const Json& content);

// A value that belongs to the mirror and outlives the daemon; empty where it was never set.
std::string state(Database& db, std::string_view name);
void set_state(Database& db, std::string_view name, std::string_view value);

}  // namespace mkt::outbox_queries
