// Reads keys and proofs from a request's JSON body.
#pragma once

#include <optional>

#include "common/base/json.h"
#include "daemon/service/keys.h"

namespace mkt {

// `publicKey`: base64 of 32 bytes. key_invalid.
Result<PublicKey> public_key_field(const Json& json);

// `keyId`: the key's name in the publisher's signature files; nullopt where there is none.
Result<std::optional<KeyName>> key_alias_field(const Json& json);

// `proof`: {challenge, signature}; nullopt where there is none. key_proof_invalid.
Result<std::optional<KeyProof>> proof_field(const Json& json);

}  // namespace mkt
