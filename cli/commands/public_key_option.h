// --public-key and --key-id: a key that mkt did not make, and its name in signature files.
#pragma once

#include <optional>
#include <string>

#include "cli/client/registry_client.h"
#include "cli/commands/command.h"

namespace mkt {

struct PublicKeyOption {
  std::string key;     // a file (public_key_text.h), or base64 of 32 bytes
  std::string key_id;  // the alias
};

void add_public_key_options(CLI::App* command, PublicKeyOption& option);

// nullopt where --public-key is missing. not_found, key_invalid, invalid_input.
Result<std::optional<RegistryClient::KeyToRegister>> given_public_key(
    const PublicKeyOption& option);
// The alias alone, for a key on this machine.
Result<std::optional<KeyName>> given_alias(const PublicKeyOption& option);

}  // namespace mkt
