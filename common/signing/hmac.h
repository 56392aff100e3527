// HMAC-SHA256 (RFC 2104, FIPS 198-1) by OpenSSL: the receiver of a webhook checks its sender by it.
#pragma once

#include <string>
#include <string_view>

namespace mkt {

// The result is in hex. Thread-safe.
std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace mkt
