// The rules of ids; see names.h.
#include "common/connector/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/utf8.h"

namespace mkt {

bool is_valid_name(std::string_view text) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || text.size() > kMaxNameLength || !is_lower(text.front())) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

template <typename Tag>
Result<Name<Tag>> Name<Tag>::parse(std::string_view text) {
  if (!is_valid_name(text)) {
    return Error(
        ErrorCode::invalid_input,
        fmt::format("\"{}\" is not a {}: use lower-case letters, digits and '-', starting "
                    "with a letter, at most {} characters",
                    printable(text.substr(0, kMaxNameLength)), Tag::kWhat, kMaxNameLength));
  }
  return Name(std::string(text));
}

template class Name<ConnectorTag>;
template class Name<PublisherTag>;
template class Name<TenantTag>;

Result<KeyId> KeyId::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view digits =
      colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  const bool hex = std::all_of(digits.begin(), digits.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (digits.size() != kFingerprintDigits || !hex || !is_valid_name(text.substr(0, colon))) {
    return Error(ErrorCode::invalid_input,
                 fmt::format("\"{}\" is not a key id such as acme:0123456789abcdef",
                             printable(text.substr(0, 96))));
  }
  MKT_TRY(PublisherId publisher, PublisherId::parse(text.substr(0, colon)));
  return KeyId(std::move(publisher), std::string(text));
}

KeyId KeyId::of(const PublisherId& publisher, std::string_view fingerprint) {
  return KeyId(publisher,
               fmt::format("{}:{}", publisher.text(), fingerprint.substr(0, kFingerprintDigits)));
}

}  // namespace mkt
