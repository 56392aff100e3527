// Checking a signature against the registry's keys; see trust.h.
#include "cli/client/trust.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/utf8.h"

namespace mkt {

Result<wire::KeyInfo> check_signature(const wire::KeyListing& keys, const SignatureFile& signature,
                                      const Checksum& checksum) {
  const auto key = std::find_if(keys.keys.begin(), keys.keys.end(), [&](const wire::KeyInfo& k) {
    return k.key_id == signature.key_id.text();
  });
  if (key == keys.keys.end()) {
    return Error(ErrorCode::key_unknown,
                 fmt::format("the registry knows no key {}; the tarball was signed by somebody it "
                             "does not stand for",
                             signature.key_id.text()));
  }
  MKT_TRY(const PublicKey public_key, PublicKey::from_base64(key->public_key));
  // The key id is derived from the key: a list that says otherwise is not to be believed.
  if (KeyId::of(signature.key_id.publisher(), public_key.fingerprint()) != signature.key_id) {
    return Error(ErrorCode::signature_invalid,
                 fmt::format("the registry gives {} another key than its id says",
                             signature.key_id.text()));
  }
  MKT_CHECK(verify_signature(signature, checksum, public_key));
  if (key->status == "revoked") {
    return Error(ErrorCode::key_revoked,
                 fmt::format("the key {} was revoked on {}: {}", key->key_id,
                             printable(key->revoked_at.value_or("an unknown day")),
                             printable(key->reason.empty() ? key->reason_code : key->reason)));
  }
  return *key;
}

}  // namespace mkt
