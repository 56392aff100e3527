// What this daemon has heard of the changes of the others that share its marketplace.
//
// All numbers are of entries in the log. One daemon alone knows everything.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "daemon/service/marketplace.h"

namespace mkt {

// False where the log may have an entry of that number that this daemon has not heard of.
bool has_heard_of(const Marketplace& market, std::int64_t entry);
// Waits until it has, at most so long: also for a number that the log has not given, as to ask the
// database would cost others more than a wait costs its caller.
void wait_to_hear_of(const Marketplace& market, std::int64_t entry,
                     std::chrono::milliseconds at_most);
// The newest entry that it has heard of or written; nullopt where it is alone.
std::optional<std::int64_t> newest_known(const Marketplace& market);
// The newest that the log has; nullopt where the database does not say.
std::optional<std::int64_t> newest_in_log(const Marketplace& market);

}  // namespace mkt
