// Finding the private key that a command signs with, and opening it.
#pragma once

#include <string>

#include "cli/commands/command.h"
#include "common/signing/key_file.h"

namespace mkt {

struct SigningKey {
  KeyFileInfo info;
  SecretKey secret;
};

// `wanted` is a key id, or empty for $MKT_KEY, else the only key there is: those that are retired,
// revoked or expired by the registry's list are no candidates. The passphrase comes from
// MKT_KEY_PASSPHRASE or the terminal. key_not_found, passphrase_wrong, key_file_invalid;
// usage_error where several might sign.
Result<SigningKey> open_signing_key(const Session& session, const std::string& wanted);

}  // namespace mkt
