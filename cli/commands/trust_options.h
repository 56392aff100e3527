// What the commands that check signatures share: --offline, --accept-stale, --require-trusted, and
// opening the keys, the pins and the cache.
#pragma once

#include "cli/client/receipt.h"
#include "cli/client/tarball_cache.h"
#include "cli/client/trust.h"
#include "cli/commands/command.h"

namespace mkt {

struct TrustOptions {
  bool offline = false;
  bool accept_stale = false;
  bool require_trusted = false;
};

void add_trust_options(CLI::App* command, TrustOptions& options);

// The keys of the settings' registry and the user's pins. Prints on stderr how old the keys are,
// where they are not fresh. registry_unavailable, stale_keys, keys_rolled_back, data_damaged.
Result<Trust> open_trust(const Session& session, const Settings& settings, RegistryClient& registry,
                         const TrustOptions& options);

// This user's cache of tarballs; it warns of what is wrong with it.
TarballCache own_cache(const Session& session, const Settings& settings);

// The settings for the registry that a connector was installed from, or for the one in --registry.
Result<Settings> settings_of_receipt(const Session& session, const Settings& settings,
                                     const Receipt& receipt);

}  // namespace mkt
