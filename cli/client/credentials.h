// Tokens that `mkt login` keeps: `$XDG_CONFIG_HOME/mkt/credentials.json`, mode 0600, one token for
// each registry's exact origin.
#pragma once

#include <optional>
#include <string>

#include "cli/client/local_daemon.h"
#include "cli/client/settings.h"
#include "common/base/result.h"

namespace mkt {

Result<std::optional<std::string>> kept_token(const std::string& origin);
Status keep_token(const std::string& origin, const std::string& token);
// False when there was none.
Result<bool> forget_token(const std::string& origin);

// What a command that needs to be somebody uses: the settings' token, else one kept for the
// origin, else that of the daemon of this user there (local_daemon.h). nullopt: nobody.
// unauthorized where the only token there is belongs to another registry.
Result<std::optional<std::string>> token_for(const Settings& settings,
                                             const std::optional<LocalDaemon>& local);

}  // namespace mkt
