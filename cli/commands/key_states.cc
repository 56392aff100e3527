#include "cli/commands/key_states.h"

#include "cli/client/key_book.h"

namespace mkt {
namespace {

KeyState state_of(const wire::KeyInfo& key, UtcTime now) {
  if (key.status == "revoked") return KeyState::revoked;
  if (key.status == "retired") return KeyState::retired;
  const auto expires = parse_utc(key.expires_at.value_or(""));
  if (key.status == "expired" || (expires && *expires <= now)) return KeyState::expired;
  return key.status == "active" ? KeyState::active : KeyState::unknown;
}

Status read_states(const Session& session, const std::vector<KeyFileInfo>& keys, bool offline,
                   KeyStates& states) {
  const UtcTime now = utc_now();
  MKT_TRY(RegistryClient registry, session.registry());
  const Settings& settings = registry.settings();
  MKT_TRY(const KeyBook book,
          KeyBook::open(registry, key_book_folder(), settings.registry, offline, now));
  for (const KeyFileInfo& key : keys) {
    MKT_TRY(const auto known, book.find(key.key_id.text()));
    states.by_id[key.key_id.text()] = known ? state_of(*known, now) : KeyState::unregistered;
  }
  return {};
}

}  // namespace

bool is_over(KeyState state) {
  return state == KeyState::expired || state == KeyState::retired || state == KeyState::revoked;
}

std::string_view key_state_name(KeyState state) {
  switch (state) {
    case KeyState::active:
      return "active";
    case KeyState::expired:
      return "expired";
    case KeyState::retired:
      return "retired";
    case KeyState::revoked:
      return "revoked";
    case KeyState::unregistered:
      return "not registered";
    case KeyState::unknown:
      break;
  }
  return "unknown";
}

KeyState KeyStates::of(const KeyId& id) const {
  const auto it = by_id.find(id.text());
  return it == by_id.end() ? KeyState::unknown : it->second;
}

KeyStates key_states(const Session& session, const std::vector<KeyFileInfo>& keys, bool offline) {
  KeyStates states;
  if (keys.empty()) return states;
  const Status read = read_states(session, keys, offline, states);
  if (!read) {
    states.by_id.clear();
    states.why = read.error();
  }
  return states;
}

}  // namespace mkt
