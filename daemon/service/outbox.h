// The outbox, as the mirror uses it: starts, refills and empties it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/service/marketplace.h"

namespace mkt {

// For a daemon with a mirror: where changes may have been missed since the last run, puts
// everything into the outbox first. May be called again after an error.
Status start_outbox(const Marketplace& market);
// For a daemon without a mirror or with another form of documents: from now on, the outbox is
// incomplete.
Status stop_outbox(const Marketplace& market);
// Puts everything into the outbox, to send it again.
Status fill_outbox(const Marketplace& market);

Result<std::vector<OutboxEntry>> waiting_documents(const Marketplace& market, std::uint32_t limit,
                                                   std::size_t max_bytes);
Result<OutboxCounts> count_outbox(const Marketplace& market);
Result<std::vector<ParkedDocument>> parked_documents(const Marketplace& market,
                                                     std::uint32_t limit);
Status mark_sent(const Marketplace& market, std::span<const OutboxEntry> entries);
Status park_document(const Marketplace& market, const OutboxEntry& entry, std::string_view reason);

Result<std::string> mirror_state(const Marketplace& market, std::string_view name);
Status set_mirror_state(const Marketplace& market, std::string_view name, std::string_view value);

}  // namespace mkt
