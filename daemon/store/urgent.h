// Which changes take something away that another daemon might still use from memory. They are
// answered only when every daemon knows of them (cluster/lease.h).
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace mkt {

inline constexpr auto kUrgentActions = std::to_array<std::string_view>(
    {"token.revoke", "key.revoke", "key.retire", "publisher.suspend", "publisher.ban",
     "version.quarantine", "version.withdraw", "connector.visibility"});

// By the action of an entry of the log (records/log.h).
constexpr bool is_urgent(std::string_view action) {
  return std::ranges::find(kUrgentActions, action) != kUrgentActions.end();
}

}  // namespace mkt
