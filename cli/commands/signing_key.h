// Finding the private key that a command signs with, and opening it.
#pragma once

#include <string>

#include "cli/terminal/output.h"
#include "common/signing/key_file.h"

namespace mkt {

struct SigningKey {
  KeyFileInfo info;
  SecretKey secret;
};

// `wanted` is a key id, or empty for the only key there is (or $MKT_KEY). The passphrase comes from
// MKT_KEY_PASSPHRASE or the terminal. key_not_found, passphrase_wrong, key_file_invalid.
Result<SigningKey> open_signing_key(const std::string& wanted);

}  // namespace mkt
