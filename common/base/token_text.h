// The text of an access token: "mkt_", its id, "_", its secret; both in lower-case hexadecimal
// digits. The id is public; what follows it must get into no URL, log or message.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "common/base/text.h"

namespace mkt {

inline constexpr std::string_view kTokenPrefix = "mkt_";
inline constexpr std::size_t kTokenIdBytes = 6;
inline constexpr std::size_t kTokenSecretBytes = 32;
inline constexpr std::size_t kTokenLength =
    kTokenPrefix.size() + 2 * kTokenIdBytes + 1 + 2 * kTokenSecretBytes;

// The id in a text that begins as a token does, also where a part of the secret is missing; empty
// in any other.
constexpr std::string_view token_id_in(std::string_view text) {
  if (!text.starts_with(kTokenPrefix)) return {};
  text.remove_prefix(kTokenPrefix.size());
  const std::string_view id = text.substr(0, 2 * kTokenIdBytes);
  const bool goes_on = text.size() > id.size() && text[id.size()] == '_';
  return goes_on && std::ranges::all_of(id, [](char c) { return hex_digit(c) >= 0; })
             ? id
             : std::string_view();
}

}  // namespace mkt
