#include "cli/commands/signing_key.h"

#include <fmt/format.h>

#include <cstdlib>

#include "cli/client/settings.h"
#include "cli/client/ssh_agent.h"
#include "cli/commands/key_states.h"
#include "cli/terminal/prompt.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

// Of several keys, the only one that can still sign.
Result<std::filesystem::path> choose_unfinished(const Session& session,
                                                const std::vector<KeyFileInfo>& keys) {
  const KeyStates states = key_states(session, keys, false);
  std::vector<const KeyFileInfo*> candidates;
  std::string all, left;
  for (const KeyFileInfo& k : keys) {
    const KeyState state = states.of(k.key_id);
    const std::string text = fmt::format("{} ({})", k.key_id.text(), key_state_name(state));
    all += (all.empty() ? "" : ", ") + text;
    if (is_over(state)) continue;
    candidates.push_back(&k);
    left += (left.empty() ? "" : ", ") + text;
  }
  if (candidates.size() == 1) return candidates[0]->path;
  if (candidates.empty()) {
    return Error(ErrorCode::key_not_found,
                 fmt::format("none of the keys here may sign any more: {}; make another: mkt key "
                             "generate --publisher NAME, and register it: mkt key add KEYID",
                             all));
  }
  std::string message =
      fmt::format("there are several keys; name one with --key, or in MKT_KEY: {}", left);
  if (states.why) {
    message += fmt::format("; which of them may sign is not known: {}", states.why->message);
  }
  return Error(ErrorCode::usage_error, std::move(message));
}

Result<std::filesystem::path> choose(const Session& session, const std::string& wanted) {
  if (!wanted.empty()) {
    MKT_TRY(const KeyId id, KeyId::parse(wanted));
    return key_file_path(keys_folder(), id);
  }
  MKT_TRY(const auto keys, list_key_files(keys_folder()));
  if (keys.size() == 1) return keys[0].path;
  if (keys.empty()) {
    return Error(ErrorCode::key_not_found,
                 "there is no key to sign with; make one: mkt key generate --publisher NAME");
  }
  return choose_unfinished(session, keys);
}

Result<std::string> passphrase_for(const KeyFileInfo& info) {
  if (!info.encrypted) return std::string();
  if (const char* given = std::getenv("MKT_KEY_PASSPHRASE")) return std::string(given);
  auto typed = ask_secret(fmt::format("Passphrase of {}: ", info.key_id.text()));
  if (typed) return std::move(*typed);
  return Error(
      ErrorCode::passphrase_wrong,
      fmt::format("the key {} needs its passphrase; set MKT_KEY_PASSPHRASE", info.key_id.text()));
}

}  // namespace

Result<NamedKey> named_key(const Session& session, const std::string& wanted) {
  if (!wanted.empty()) return NamedKey{wanted, ""};
  MKT_TRY(const auto sources, setting_sources(session.flags));
  for (const SettingSource& source : sources) {
    if (source.name != "key" || source.value.empty()) continue;
    return NamedKey{source.value,
                    source.place == SettingPlace::environment ? source.variable : "config.toml"};
  }
  return NamedKey{};
}

Result<SigningKey> open_signing_key(const Session& session, const std::string& wanted) {
  MKT_TRY(const NamedKey named, named_key(session, wanted));
  const std::string& id = named.text;
  if (AgentKeyName::is_one(id)) {
    return Error(
        ErrorCode::usage_error,
        fmt::format("the private half of {} stays with the ssh-agent; this command needs a "
                    "key on this machine",
                    printable(id)));
  }
  MKT_TRY(const auto path, choose(session, id));
  auto file = KeyFile::read(path);
  if (!file) {
    if (file.error().code != ErrorCode::not_found) return file.error();
    return Error(
        ErrorCode::key_not_found,
        fmt::format("the key {}{} is not on this machine; list those that are: mkt key list", id,
                    named.place.empty() ? "" : fmt::format(" ({})", named.place)));
  }
  MKT_TRY(const std::string passphrase, passphrase_for(file->info));
  MKT_TRY(SecretKey secret, file->unlock(passphrase));
  return SigningKey{std::move(file->info), std::move(secret)};
}

}  // namespace mkt
