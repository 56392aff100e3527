// Ed25519 keys (RFC 8032) as the marketplace uses them.
//
// A fingerprint is the SHA-256 of the 32 bytes of a public key, in hex. Public keys are sent as the
// base64 of those bytes, or as PEM (RFC 8410 SubjectPublicKeyInfo) for openssl and others.
// libsodium signs and verifies; it refuses small-order keys and S out of range. Values;
// thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/connector/names.h"

namespace mkt {

using Signature = std::array<std::uint8_t, 64>;
// base64 of 64 bytes; nullopt for anything else.
std::optional<Signature> parse_signature(std::string_view base64);

// Call this once, before anything else in this folder; false when the system gives no random
// numbers.
bool init_crypto();

class PublicKey {
 public:
  static constexpr std::size_t kSize = 32;

  // key_invalid for a wrong length and for a point that no honest key has (small order, off curve).
  static Result<PublicKey> from_bytes(std::span<const std::uint8_t> bytes);
  static Result<PublicKey> from_base64(std::string_view text);
  static Result<PublicKey> from_pem(std::string_view text);

  std::span<const std::uint8_t> bytes() const { return bytes_; }
  std::string base64() const;
  std::string pem() const;
  std::string fingerprint() const;
  bool verifies(std::string_view message, const Signature& signature) const;
  friend bool operator==(const PublicKey&, const PublicKey&) = default;

 private:
  explicit PublicKey(std::array<std::uint8_t, kSize> bytes) : bytes_(bytes) {}
  std::array<std::uint8_t, kSize> bytes_;
};

// What clients of the older protocol call a key's fingerprint: the SHA-256 of the key's base64
// text, in hex.
std::string older_fingerprint(std::string_view public_key_base64);

// A private key. Its destructor wipes the memory. Movable, not copyable.
class SecretKey {
 public:
  static constexpr std::size_t kSeedSize = 32;

  static SecretKey generate();
  static SecretKey from_seed(std::span<const std::uint8_t, kSeedSize> seed);

  SecretKey(SecretKey&& other) noexcept;
  SecretKey& operator=(SecretKey&&) = delete;
  SecretKey(const SecretKey&) = delete;
  ~SecretKey();

  PublicKey public_key() const;
  Signature sign(std::string_view message) const;
  // What a key file stores.
  std::span<const std::uint8_t, kSeedSize> seed() const;

 private:
  SecretKey() = default;
  std::array<std::uint8_t, 64> bytes_{};  // the seed, then the public key, as libsodium needs it
};

}  // namespace mkt
