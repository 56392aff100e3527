// A private key as text, in any form that mkt reads:
//
//   - a key file of mkt (key_file.h), which also names the publisher;
//   - `-----BEGIN PRIVATE KEY-----` or `ENCRYPTED PRIVATE KEY`, of openssl (pkcs8_key.h);
//   - `-----BEGIN OPENSSH PRIVATE KEY-----`, of ssh-keygen (openssh_key.h);
//   - a secret key of minisign (minisign_key.h);
//   - `PUBLISHER:BASE64`, or BASE64 alone: the 32-byte seed, in one line.
//
// No message shows a part of the text. Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/base/utc_time.h"
#include "common/connector/names.h"
#include "common/signing/key.h"
#include "common/signing/secret_bytes.h"

namespace mkt {

// A text that is longer is no private key.
inline constexpr std::size_t kMaxPrivateKeyBytes = 64 * 1024;

// "-" is standard input; what a message calls it.
std::string shown_key_source(const std::string& name);

struct PrivateKey {
  SecretKey secret;
  std::optional<PublisherId> publisher;  // where the text names it
  std::optional<UtcTime> created_at;     // the same
};

// `name` is the file's, for messages; "-" for standard input. key_file_invalid for a text that is
// damaged or none of these, key_invalid for a key that is not Ed25519, passphrase_wrong.
Result<PrivateKey> read_private_key(std::string_view text, const std::string& name,
                                    const AskPassphrase& ask);

}  // namespace mkt
