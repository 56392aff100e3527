// The outbox, as the mirror uses it: beginning, refilling and emptying it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/service/marketplace.h"

namespace mkt {

// With a mirror: where changes may have been missed since the last time, everything is put into the
// outbox first. May be tried again.
Status start_outbox(const Marketplace& market);
// There is no mirror, or its documents have another form: the outbox is not complete any more.
Status stop_outbox(const Marketplace& market);
// Everything, to be sent again.
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
