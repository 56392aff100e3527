// Is this tarball one that its publisher signed with a key that the registry stands for?
#pragma once

#include "common/base/result.h"
#include "common/signing/signature_file.h"
#include "common/wire/messages.h"

namespace mkt {

// The key that the signature names, when it made the signature over `checksum` and is not revoked.
// key_unknown, key_revoked, checksum_mismatch, signature_invalid.
Result<wire::KeyInfo> check_signature(const wire::KeyListing& keys, const SignatureFile& signature,
                                      const Checksum& checksum);

}  // namespace mkt
