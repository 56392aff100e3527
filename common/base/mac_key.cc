#include "common/base/mac_key.h"

#include <sodium.h>

#include <algorithm>

#include "common/base/encoding.h"
#include "common/base/same_secret.h"

namespace mkt {

static_assert(crypto_auth_KEYBYTES == 32);

MacKey MacKey::random() {
  MacKey key;
  randombytes_buf(key.bytes_.data(), key.bytes_.size());
  return key;
}

std::optional<MacKey> MacKey::from_hex(std::string_view text) {
  auto bytes = mkt::from_hex(text);
  MacKey key;
  if (!bytes || bytes->size() != key.bytes_.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), key.bytes_.begin());
  sodium_memzero(bytes->data(), bytes->size());
  return key;
}

MacKey::~MacKey() { sodium_memzero(bytes_.data(), bytes_.size()); }

std::string MacKey::hex() const { return to_hex(bytes_); }

std::string MacKey::code_of(std::string_view text) const {
  std::array<std::uint8_t, crypto_auth_BYTES> code{};
  crypto_auth(code.data(), as_bytes(text).data(), text.size(), bytes_.data());
  return to_hex(code);
}

bool MacKey::is_code(std::string_view code, std::string_view text) const {
  return same_secret(code, code_of(text));
}

}  // namespace mkt
