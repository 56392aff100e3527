// Parses the keys and proofs of a request.
#pragma once

#include <optional>
#include <string>

#include "common/wire/requests.h"
#include "daemon/service/keys.h"

namespace mkt {

// The key's name in the publisher's signature files; nullopt where there is none.
Result<std::optional<KeyName>> alias_of(const std::optional<std::string>& text);

// nullopt where there is none. key_proof_invalid.
Result<std::optional<KeyProof>> proof_of(const std::optional<wire::KeyProofPart>& part);

}  // namespace mkt
