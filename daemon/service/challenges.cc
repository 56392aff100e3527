#include "daemon/service/challenges.h"

#include <fmt/format.h>

#include <charconv>

#include "common/base/encoding.h"

namespace mkt {
namespace {

// What the code is of.
std::string text_of(std::string_view challenge, const PublisherId& publisher) {
  return fmt::format("{} {}", challenge, publisher.text());
}

}  // namespace

std::string Challenges::issue(const PublisherId& publisher, UtcTime now) const {
  const std::string challenge = fmt::format("{}.{}", to_unix_ms(now), random_hex(16));
  return fmt::format("{}.{}", challenge, key_.code_of(text_of(challenge, publisher)));
}

Status Challenges::check(std::string_view challenge, const PublisherId& publisher,
                         UtcTime now) const {
  const Error wrong(ErrorCode::key_proof_invalid,
                    "the challenge is not of this registry, or of another publisher; try again");
  const std::size_t dot = challenge.rfind('.');
  if (dot == std::string_view::npos) return wrong;
  const std::string_view signed_part = challenge.substr(0, dot);
  if (!key_.is_code(challenge.substr(dot + 1), text_of(signed_part, publisher))) return wrong;
  std::int64_t issued = 0;
  std::from_chars(signed_part.data(), signed_part.data() + signed_part.size(), issued);
  const auto age = now - from_unix_ms(issued);
  if (age > kValidFor || age < -kValidFor) {
    return Error(ErrorCode::key_proof_invalid, "the challenge is too old; try again");
  }
  return {};
}

}  // namespace mkt
