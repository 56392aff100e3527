#include "common/signing/public_key_text.h"

#include "common/signing/minisign_key.h"
#include "common/signing/openssh_key.h"

namespace mkt {

Result<PublicKey> read_public_key(std::string_view text) {
  if (text.starts_with(kMinisignComment)) return read_minisign_public_key(text);
  // ssh-ed25519, and the types that are refused by name.
  for (const std::string_view type : {"ssh-", "ecdsa-", "sk-"}) {
    if (text.starts_with(type)) return read_openssh_line(text);
  }
  return PublicKey::from_pem(text);
}

}  // namespace mkt
