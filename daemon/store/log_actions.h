// Log actions: the names of everything that the audit log tells of, as mktd-data(5) lists them. An
// entry of any other name is a bug (service/change.h).
//
// Some take something away that another daemon might still use from memory. Those are answered only
// when every daemon knows of them (cluster/lease.h).
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace mkt {

struct LogAction {
  std::string_view name;
  bool is_urgent = false;  // takes something away
};

inline constexpr auto kLogActions = std::to_array<LogAction>({
    {"connector.visibility", true},
    {"history.lost"},
    {"installation.add"},
    {"installation.remove"},
    {"installation.update"},
    {"key.add"},
    {"key.retire", true},
    {"key.revoke", true},
    {"limit.reset"},
    {"mirror.adopt"},
    {"mirror.resync"},
    {"owner.add"},
    {"owner.remove"},
    {"policy.set"},
    {"publisher.ban", true},
    {"publisher.register"},
    {"publisher.restore"},
    {"publisher.suspend", true},
    {"publisher.unverify"},
    {"publisher.verify"},
    {"request.approve"},
    {"request.cancel"},
    {"request.create"},
    {"request.deny"},
    {"request.expire"},
    {"request.unapprove"},
    {"token.create"},
    {"token.refuse"},
    {"token.revoke", true},
    {"token.sign-out", true},
    {"version.countersign"},
    {"version.deprecate"},
    {"version.publish"},
    {"version.quarantine", true},
    {"version.release"},
    {"version.undeprecate"},
    {"version.withdraw", true},
});

constexpr const LogAction* find_log_action(std::string_view name) {
  const auto* const found = std::ranges::find(kLogActions, name, &LogAction::name);
  return found == kLogActions.end() ? nullptr : &*found;
}

// By the action of an entry; one of a newer mktd, which this one does not know, is not.
constexpr bool is_urgent(std::string_view action) {
  const LogAction* const known = find_log_action(action);
  return known != nullptr && known->is_urgent;
}

}  // namespace mkt
