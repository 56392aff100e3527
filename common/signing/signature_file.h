// The signature file: says who vouches for a tarball; JSON beside the tarball (`FILE.sig.json`).
//
//   {"version": "1.0", "keyId": "acme:0123456789abcdef", "algorithm": "ed25519",
//    "checksum": "sha256:…", "signature": "…base64 of 64 bytes…", "signedAt": "…RFC 3339…"}
//
// `signature` is the Ed25519 signature over the ASCII bytes of `checksum`, exactly as written
// there. Clients of the older protocol may write `version` as the number 1 (or "1"), and `checksum`
// as 64 hex digits without `sha256:`, one independently of the other. `keyId` may be an alias. A
// file is kept and returned unchanged. `signedAt` is only the signer's claim and decides nothing;
// nor does `payload`, which some older clients add. Values; thread-safe.
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
  std::string signed_text;  // `checksum` as written in the file
  Signature signature;
  std::string signed_at;
  Json version = "1.0";              // with the type that the file has
  std::optional<Json> payload = {};  // unchanged

  // signature_malformed, with the field; signature_version_unknown, signature_algorithm_unknown.
  static Result<SignatureFile> parse(std::string_view text);
  static Result<SignatureFile> from_json(const Json& json);
  // Also not_found, with the file.
  static Result<SignatureFile> read(const std::filesystem::path& file);
  Json json() const;
};

// For a signature over `checksum.text()` that was made elsewhere, such as by an ssh-agent.
SignatureFile signature_file_of(const KeyId& key, const Checksum& checksum,
                                const Signature& signature, UtcTime now);
SignatureFile sign_checksum(const SecretKey& key, const PublisherId& publisher,
                            const Checksum& checksum, UtcTime now);

// checksum_mismatch when the file is about other bytes; signature_invalid when `key` did not sign
// it.
Status verify_signature(const SignatureFile& file, const Checksum& actual, const PublicKey& key);

}  // namespace mkt
