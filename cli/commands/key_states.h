// The states of the keys on this machine, according to the registry.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/command.h"
#include "common/base/utc_time.h"
#include "common/signing/key_file.h"

namespace mkt {

enum class KeyState { active, expired, retired, revoked, unregistered, unknown };

// True where the key will never sign again.
bool is_over(KeyState state);
// "active", "expired", "retired", "revoked", "not registered", "unknown"
std::string_view key_state_name(KeyState state);

// By key id. All are unknown where neither the registry nor a stored list of its keys can tell;
// `why` then has the reason.
struct KeyStates {
  std::map<std::string, KeyState> by_id;
  std::optional<Error> why;

  KeyState of(const KeyId& id) const;
};
// With `offline`, only by the stored list.
KeyStates key_states(const Session& session, const std::vector<KeyFileInfo>& keys, bool offline);

}  // namespace mkt
