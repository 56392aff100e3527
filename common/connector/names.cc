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

namespace {

// The publisher of a `<publisher>:<digits>` whose digits are `count` lower-case hex digits.
std::optional<PublisherId> publisher_before_digits(std::string_view text, std::size_t count) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  const bool hex = std::all_of(digits.begin(), digits.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (digits.size() != count || !hex) return std::nullopt;
  auto publisher = PublisherId::parse(text.substr(0, colon));
  if (!publisher) return std::nullopt;
  return std::move(*publisher);
}

}  // namespace

Result<KeyId> KeyId::parse(std::string_view text) {
  auto publisher = publisher_before_digits(text, kFingerprintDigits);
  if (!publisher) {
    return Error(ErrorCode::invalid_input,
                 fmt::format("\"{}\" is not a key id such as acme:0123456789abcdef",
                             printable(text.substr(0, 96))));
  }
  return KeyId(std::move(*publisher), std::string(text));
}

KeyId KeyId::of(const PublisherId& publisher, std::string_view fingerprint) {
  return KeyId(publisher,
               fmt::format("{}:{}", publisher.text(), fingerprint.substr(0, kFingerprintDigits)));
}

Result<KeyName> KeyName::parse(std::string_view text) {
  const bool blank_at_an_end = text.starts_with(' ') || text.ends_with(' ');
  if (text.empty() || blank_at_an_end || !is_valid_utf8(text) || has_control_characters(text) ||
      count_code_points(text) > kMaxLength) {
    return Error(ErrorCode::invalid_input,
                 fmt::format("a key id has 1 to {} characters, no control characters and no blank "
                             "at an end",
                             kMaxLength));
  }
  return KeyName(std::string(text));
}

std::optional<KeyId> KeyName::as_id() const {
  auto id = KeyId::parse(text_);
  if (!id) return std::nullopt;
  return std::move(*id);
}

std::optional<PublisherId> KeyName::publisher_of_older_form() const {
  return publisher_before_digits(text_, kOlderDigits);
}

}  // namespace mkt
