// The signature file: who vouches for a tarball, as JSON beside it (`FILE.sig.json`).
//
//   {"version": "1.0", "keyId": "acme:0123456789abcdef", "algorithm": "ed25519",
//    "checksum": "sha256:…", "signature": "…base64 of 64 bytes…", "signedAt": "…RFC 3339…"}
//
// `signature` is the Ed25519 signature over the ASCII bytes of `checksum`, exactly as it stands
// there. Clients of the older protocol write `version` as the number 1 (or "1"), and `checksum` as
// 64 hex digits without `sha256:`; each independently of the other. `keyId` may be an alias. A file
// is kept and given back as it came. `signedAt` is the signer's word and decides nothing, and so is
// `payload`, which some older clients add. Values; thread-safe.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/json.h"
#include "common/base/result.h"
#include "common/base/utc_time.h"
#include "common/connector/checksum.h"
#include "common/connector/names.h"
#include "common/signing/key.h"

namespace mkt {

inline constexpr std::size_t kMaxSignatureFileBytes = 4096;

struct SignatureFile {
  KeyName key_id;
  Checksum checksum;
  std::string signed_text;  // `checksum` as it stands in the file
  Signature signature;
  std::string signed_at;
  Json version = "1.0";              // in the type that it came in
  std::optional<Json> payload = {};  // as it came

  // signature_malformed, naming the field; signature_version_unknown, signature_algorithm_unknown.
  static Result<SignatureFile> parse(std::string_view text);
  static Result<SignatureFile> from_json(const Json& json);
  // not_found, naming the file.
  static Result<SignatureFile> read(const std::filesystem::path& file);
  Json json() const;
};

SignatureFile sign_checksum(const SecretKey& key, const PublisherId& publisher,
                            const Checksum& checksum, UtcTime now);

// checksum_mismatch when the file speaks of other bytes, signature_invalid when `key` did not sign
// it.
Status verify_signature(const SignatureFile& file, const Checksum& actual, const PublicKey& key);

}  // namespace mkt
