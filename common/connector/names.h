// The names of the marketplace as types that hold valid values only.
//
// ConnectorId, PublisherId and TenantId share one rule, `^[a-z][a-z0-9-]*$` with at most 64
// characters. They are distinct types, so one cannot stand for another. A KeyId is `<publisher>:<16
// hex digits>`; a KeyName is a KeyId or an alias. Parse at the border, trust inside. Immutable.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

inline constexpr std::size_t kMaxNameLength = 64;

// True for `^[a-z][a-z0-9-]*$` of at most kMaxNameLength characters.
bool is_valid_name(std::string_view text);

template <typename Tag>
class Name {
 public:
  // invalid_input, with the rule.
  static Result<Name> parse(std::string_view text);

  const std::string& text() const { return text_; }
  friend auto operator<=>(const Name&, const Name&) = default;

 private:
  explicit Name(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

struct ConnectorTag {
  static constexpr std::string_view kWhat = "connector id";
};
struct PublisherTag {
  static constexpr std::string_view kWhat = "publisher id";
};
struct TenantTag {
  static constexpr std::string_view kWhat = "tenant id";
};

using ConnectorId = Name<ConnectorTag>;
using PublisherId = Name<PublisherTag>;
using TenantId = Name<TenantTag>;

extern template class Name<ConnectorTag>;
extern template class Name<PublisherTag>;
extern template class Name<TenantTag>;

// Which key signed: the publisher and the first 16 hex digits of the key's fingerprint.
class KeyId {
 public:
  static constexpr std::size_t kFingerprintDigits = 16;

  static Result<KeyId> parse(std::string_view text);
  static KeyId of(const PublisherId& publisher, std::string_view fingerprint);

  const PublisherId& publisher() const { return publisher_; }
  const std::string& text() const { return text_; }
  friend bool operator==(const KeyId& a, const KeyId& b) { return a.text_ == b.text_; }

 private:
  KeyId(PublisherId publisher, std::string text)
      : publisher_(std::move(publisher)), text_(std::move(text)) {}
  PublisherId publisher_;
  std::string text_;
};

// The name that a signature file gives its key: the key's own id, or an alias that the registry
// knows ("acme-2025", from publishers that signed before they came to this registry). 1 to 128
// characters of UTF-8, without control characters, and without a blank at either end.
class KeyName {
 public:
  static constexpr std::size_t kMaxLength = 128;  // characters
  static constexpr std::size_t kOlderDigits = 8;

  static Result<KeyName> parse(std::string_view text);
  KeyName(const KeyId& id) : text_(id.text()) {}  // NOLINT: implicit, every id is a name

  const std::string& text() const { return text_; }
  // The id, where the name has the form of a key's own id. No alias of another key may have that
  // form.
  std::optional<KeyId> as_id() const;
  // The publisher, where the name has the form `<publisher>:<8 hex digits>` of older clients' keys.
  std::optional<PublisherId> publisher_of_older_form() const;
  friend bool operator==(const KeyName& a, const KeyName& b) { return a.text_ == b.text_; }

 private:
  explicit KeyName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace mkt
