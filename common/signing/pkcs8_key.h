// Private keys in PEM as openssl writes them: PKCS #8 (RFC 5958, RFC 8410), with or without a
// passphrase. OpenSSL reads and decrypts. Thread-safe.
#pragma once

#include <string_view>

#include "common/base/result.h"
#include "common/signing/key.h"
#include "common/signing/secret_bytes.h"

namespace mkt {

// key_file_invalid where it is damaged, key_invalid for a key of another type, passphrase_wrong.
Result<SecretKey> read_pkcs8_key(std::string_view pem, const AskPassphrase& ask);

}  // namespace mkt
