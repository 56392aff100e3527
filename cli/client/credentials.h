// The tokens stored by `mkt login`: `$XDG_CONFIG_HOME/mkt/credentials.json`, mode 0600, one token
// for the exact origin of each registry.
#pragma once

#include <optional>
#include <string>

#include "cli/client/local_daemon.h"
#include "cli/client/settings.h"
#include "common/base/result.h"

namespace mkt {

Result<std::optional<std::string>> kept_token(const std::string& origin);
Status keep_token(const std::string& origin, const std::string& token);
// False where there was none.
Result<bool> forget_token(const std::string& origin);

// The token for a command that needs one: from the settings, else the stored one for the origin,
// else that of this user's daemon there (local_daemon.h). nullopt: no token. unauthorized where the
// only token belongs to another registry.
Result<std::optional<std::string>> token_for(const Settings& settings,
                                             const std::optional<LocalDaemon>& local);

}  // namespace mkt
