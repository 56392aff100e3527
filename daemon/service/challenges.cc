// Challenges by libsodium's crypto_auth (HMAC-SHA512-256).
#include "daemon/service/challenges.h"

#include <fmt/format.h>
#include <sodium.h>

#include <charconv>

#include "common/base/encoding.h"

namespace mkt {

static_assert(crypto_auth_KEYBYTES == 32);

Challenges::Secret Challenges::new_secret() {
  Secret secret{};
  randombytes_buf(secret.data(), secret.size());
  return secret;
}

Challenges::~Challenges() { sodium_memzero(secret_.data(), secret_.size()); }

std::string Challenges::mac(std::string_view challenge, const PublisherId& publisher) const {
  const std::string text = fmt::format("{} {}", challenge, publisher.text());
  std::array<std::uint8_t, crypto_auth_BYTES> code{};
  crypto_auth(code.data(), as_bytes(text).data(), text.size(), secret_.data());
  return to_hex(code);
}

std::string Challenges::issue(const PublisherId& publisher, UtcTime now) const {
  const std::string challenge = fmt::format("{}.{}", to_unix_ms(now), random_hex(16));
  return fmt::format("{}.{}", challenge, mac(challenge, publisher));
}

Status Challenges::check(std::string_view challenge, const PublisherId& publisher,
                         UtcTime now) const {
  const Error wrong(ErrorCode::key_proof_invalid,
                    "the challenge is not of this registry, or of another publisher; try again");
  const std::size_t dot = challenge.rfind('.');
  if (dot == std::string_view::npos) return wrong;
  const std::string_view signed_part = challenge.substr(0, dot);
  const std::string expected = mac(signed_part, publisher);
  const std::string_view given = challenge.substr(dot + 1);
  if (given.size() != expected.size() ||
      sodium_memcmp(given.data(), expected.data(), expected.size()) != 0) {
    return wrong;
  }
  std::int64_t issued = 0;
  std::from_chars(signed_part.data(), signed_part.data() + signed_part.size(), issued);
  const auto age = now - from_unix_ms(issued);
  if (age > kValidFor || age < -kValidFor) {
    return Error(ErrorCode::key_proof_invalid, "the challenge is too old; try again");
  }
  return {};
}

}  // namespace mkt
