// MacKey: a secret that shows which texts are our own. Who does not have it can make no code that
// fits a text (libsodium's crypto_auth: HMAC-SHA512-256, RFC 4231's SHA-512 cut to 256 bits).
//
// One key may serve several uses where their texts differ from their first word on. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mkt {

class MacKey {
 public:
  static MacKey random();
  // nullopt where it is not the hex() of a key.
  static std::optional<MacKey> from_hex(std::string_view text);

  MacKey(const MacKey&) = default;
  MacKey& operator=(const MacKey&) = default;
  ~MacKey();  // wipes it

  // The key itself, for where it is kept.
  std::string hex() const;

  // 64 hexadecimal digits.
  std::string code_of(std::string_view text) const;
  bool is_code(std::string_view code, std::string_view text) const;

 private:
  MacKey() = default;
  std::array<std::uint8_t, 32> bytes_{};
};

}  // namespace mkt
