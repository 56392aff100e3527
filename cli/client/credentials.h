// Tokens that `mkt login` keeps: `$XDG_CONFIG_HOME/mkt/credentials.json`, mode 0600, one token for
// each registry's exact origin.
#pragma once

#include <optional>
#include <string>

#include "cli/client/settings.h"
#include "common/base/result.h"

namespace mkt {

Result<std::optional<std::string>> kept_token(const std::string& origin);
Status keep_token(const std::string& origin, const std::string& token);
// False when there was none.
Result<bool> forget_token(const std::string& origin);

// The admin token of a daemon of this user that runs on this machine at that loopback address;
// nullopt where there is none. Before it believes a daemon's announcement it checks that the data
// folder's lock is held and that the daemon there answers on this very address: while that process
// holds the port nobody else can stand in for it.
std::optional<std::string> local_admin_token(const std::string& origin);

// What a command that needs to be somebody uses: the settings' token, else one kept for the
// origin, else the local daemon's. nullopt: nobody. unauthorized where the only token there is
// belongs to another registry.
Result<std::optional<std::string>> token_for(const Settings& settings);

}  // namespace mkt
