// HMAC-SHA256 (RFC 2104, FIPS 198-1) by OpenSSL: how a webhook's receiver knows who sent it.
#pragma once

#include <string>
#include <string_view>

namespace mkt {

// In hex. Thread-safe.
std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace mkt
