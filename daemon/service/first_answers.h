// First answers: what a POST with an Idempotency-Key was answered, for who sends it again.
#pragma once

#include <cstddef>
#include <optional>

#include "daemon/service/marketplace.h"

namespace mkt {

// nullopt for a key that was not used, or whose time is over.
Result<std::optional<FirstAnswer>> find_first_answer(const Marketplace& market,
                                                     const IdempotencyKey& key);
// How many keys of that scope are kept.
Result<std::size_t> count_live_keys(const Marketplace& market, const IdempotencyKey& key);
Status keep_first_answer(const Marketplace& market, const IdempotencyKey& key,
                         const FirstAnswer& answer);
// Some at a time, so that no commit takes long; how many they were.
Result<std::size_t> remove_expired_answers(const Marketplace& market, UtcTime now);

}  // namespace mkt
