#include "common/signing/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "common/base/encoding.h"

namespace mkt {

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<std::uint8_t, 32> digest{};
  unsigned size = digest.size();
  ::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return to_hex(digest);
}

}  // namespace mkt
