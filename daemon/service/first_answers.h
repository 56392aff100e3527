// First answers: stores the answer to a POST with an Idempotency-Key, for clients that send it
// again.
#pragma once

#include <cstddef>
#include <optional>

#include "daemon/service/marketplace.h"

namespace mkt {

// nullopt for a key that is unused or whose time is over.
Result<std::optional<FirstAnswer>> find_first_answer(const Marketplace& market,
                                                     const IdempotencyKey& key);
// How many keys of that scope are stored.
Result<std::size_t> count_live_keys(const Marketplace& market, const IdempotencyKey& key);
Status keep_first_answer(const Marketplace& market, const IdempotencyKey& key,
                         const FirstAnswer& answer);
// Removes a limited number, so that no commit takes long; returns how many.
Result<std::size_t> remove_expired_answers(const Marketplace& market, UtcTime now);

}  // namespace mkt
