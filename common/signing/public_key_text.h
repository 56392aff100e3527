// A public key as text, in any form that mkt reads: PEM (key.h), a line of OpenSSH (openssh_key.h),
// a public key of minisign (minisign_key.h). Thread-safe.
#pragma once

#include <string_view>

#include "common/base/result.h"
#include "common/signing/key.h"

namespace mkt {

// key_invalid for anything else, and for a key that is not Ed25519.
Result<PublicKey> read_public_key(std::string_view text);

}  // namespace mkt
