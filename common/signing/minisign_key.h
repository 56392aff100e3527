// Keys as minisign and signify keep them (https://jedisct1.github.io/minisign/): a line `untrusted
// comment: …`, then a line of base64.
//
//   public key   "Ed" | key number (8) | public key (32)
//   secret key   "Ed" | kdf (2) | "B2" | salt (32) | opslimit (8) | memlimit (8) |
//                key number (8) | seed, public key (64) | checksum (32)
//
// kdf is "Sc" for a key under a passphrase: then the last 104 bytes are XORed with what scrypt
// derives from it. It is two zero bytes for one without. The checksum is BLAKE2b-256 of "Ed", the
// key number and the 64 bytes; minisign leaves it zero without a passphrase. Numbers are
// little-endian. Only keys of minisign are read, not those of signify. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/signing/key.h"
#include "common/signing/secret_bytes.h"

namespace mkt {

inline constexpr std::string_view kMinisignComment = "untrusted comment:";

// key_file_invalid where it is damaged, passphrase_wrong where the checksum says so.
Result<SecretKey> read_minisign_key(std::string_view text, const AskPassphrase& ask);

// The file of a public key. Its key number is made of the first 16 digits of the fingerprint, so
// that minisign shows the same digits as a key id.
std::string minisign_public_key(const PublicKey& key);
Result<PublicKey> read_minisign_public_key(std::string_view text);

}  // namespace mkt
