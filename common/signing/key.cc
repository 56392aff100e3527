// Ed25519 by libsodium.
#include "common/signing/key.h"

#include <sodium.h>

#include <algorithm>

#include "common/base/encoding.h"
#include "common/connector/checksum.h"

namespace mkt {
namespace {

// DER of SubjectPublicKeyInfo up to the key's bytes: RFC 8410, section 4.
constexpr std::array<std::uint8_t, 12> kSpkiPrefix = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                      0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr std::string_view kPemBegin = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view kPemEnd = "-----END PUBLIC KEY-----";

}  // namespace

bool init_crypto() { return sodium_init() >= 0; }

Result<PublicKey> PublicKey::from_bytes(std::span<const std::uint8_t> bytes) {
  if (bytes.size() != kSize) {
    return Error(ErrorCode::key_invalid, "a public key must have 32 bytes");
  }
  if (crypto_core_ed25519_is_valid_point(bytes.data()) != 1) {
    return Error(ErrorCode::key_invalid, "the public key is not a valid Ed25519 point");
  }
  std::array<std::uint8_t, kSize> own{};
  std::copy(bytes.begin(), bytes.end(), own.begin());
  return PublicKey(own);
}

Result<PublicKey> PublicKey::from_base64(std::string_view text) {
  const auto bytes = mkt::from_base64(text);
  if (!bytes) return Error(ErrorCode::key_invalid, "the public key is not base64");
  return from_bytes(*bytes);
}

Result<PublicKey> PublicKey::from_pem(std::string_view text) {
  const Error not_pem(ErrorCode::key_invalid, "not a PEM public key of Ed25519 (BEGIN PUBLIC KEY)");
  const std::size_t begin = text.find(kPemBegin);
  const std::size_t end = text.find(kPemEnd);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return not_pem;
  }
  std::string body(text.substr(begin + kPemBegin.size(), end - begin - kPemBegin.size()));
  std::erase_if(body, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  const auto der = mkt::from_base64(body);
  if (!der || der->size() != kSpkiPrefix.size() + kSize ||
      !std::equal(kSpkiPrefix.begin(), kSpkiPrefix.end(), der->begin())) {
    return not_pem;
  }
  return from_bytes(std::span(*der).subspan(kSpkiPrefix.size()));
}

std::string PublicKey::base64() const { return to_base64(bytes_); }

std::string PublicKey::pem() const {
  Bytes der(kSpkiPrefix.begin(), kSpkiPrefix.end());
  der.insert(der.end(), bytes_.begin(), bytes_.end());
  return std::string(kPemBegin) + "\n" + to_base64(der) + "\n" + std::string(kPemEnd) + "\n";
}

std::string PublicKey::fingerprint() const { return Checksum::of(bytes_).hex(); }

std::string older_fingerprint(std::string_view public_key_base64) {
  return Checksum::of(as_bytes(public_key_base64)).hex();
}

bool PublicKey::verifies(std::string_view message, const Signature& signature) const {
  const auto bytes = as_bytes(message);
  return crypto_sign_verify_detached(signature.data(), bytes.data(), bytes.size(), bytes_.data()) ==
         0;
}

SecretKey SecretKey::generate() {
  SecretKey key;
  std::array<std::uint8_t, 32> unused{};
  crypto_sign_keypair(unused.data(), key.bytes_.data());
  return key;
}

SecretKey SecretKey::from_seed(std::span<const std::uint8_t, kSeedSize> seed) {
  SecretKey key;
  std::array<std::uint8_t, 32> unused{};
  crypto_sign_seed_keypair(unused.data(), key.bytes_.data(), seed.data());
  return key;
}

SecretKey::SecretKey(SecretKey&& other) noexcept : bytes_(other.bytes_) {
  sodium_memzero(other.bytes_.data(), other.bytes_.size());
}

SecretKey::~SecretKey() { sodium_memzero(bytes_.data(), bytes_.size()); }

PublicKey SecretKey::public_key() const {
  return *PublicKey::from_bytes(std::span(bytes_).subspan(kSeedSize));
}

Signature SecretKey::sign(std::string_view message) const {
  Signature signature{};
  const auto bytes = as_bytes(message);
  crypto_sign_detached(signature.data(), nullptr, bytes.data(), bytes.size(), bytes_.data());
  return signature;
}

std::span<const std::uint8_t, SecretKey::kSeedSize> SecretKey::seed() const {
  return std::span(bytes_).first<kSeedSize>();
}

std::optional<Signature> parse_signature(std::string_view base64) {
  const auto bytes = from_base64(base64);
  Signature signature{};
  if (!bytes || bytes->size() != signature.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), signature.begin());
  return signature;
}

}  // namespace mkt
