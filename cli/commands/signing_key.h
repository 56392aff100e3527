// Finds the private key that a command signs with, and opens it.
#pragma once

#include <string>

#include "cli/commands/command.h"
#include "common/signing/key_file.h"

namespace mkt {

struct SigningKey {
  KeyFileInfo info;
  SecretKey secret;
};

// `wanted` is a key id. If it is empty, this is the key in $MKT_KEY or else the only key here; keys
// that are retired, revoked or expired by the registry's list do not count. The passphrase is from
// MKT_KEY_PASSPHRASE or the terminal. key_not_found, passphrase_wrong, key_file_invalid;
// usage_error where several keys could sign.
Result<SigningKey> open_signing_key(const Session& session, const std::string& wanted);

}  // namespace mkt
