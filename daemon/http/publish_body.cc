// Finds the tarball in a stream of JSON.
#include "daemon/http/publish_body.h"

#include <fmt/format.h>

#include "common/base/text.h"

namespace mkt {
namespace {

constexpr std::string_view kTarball = "tarball";
// This much is decoded at a time; a multiple of 4.
constexpr std::size_t kBase64Bytes = 64 * 1024;

Error not_base64() { return Error(ErrorCode::invalid_request, "tarball is not base64"); }

}  // namespace

Status PublishBody::feed(std::span<const std::uint8_t> bytes) {
  std::string_view text = as_text(bytes);
  while (!text.empty()) {
    // Nearly all of a body is this: characters of the tarball, up to its end or an escape.
    if (where_ == Where::in_tarball && !escaped_ && unicode_digits_ == 0) {
      const std::string_view plain = text.substr(0, text.find_first_of("\"\\"));
      text.remove_prefix(plain.size());
      MKT_CHECK(take_base64(plain));
      if (text.empty()) break;
    }
    MKT_CHECK(take(text.front()));
    text.remove_prefix(1);
  }
  return {};
}

Status PublishBody::take(char c) {
  switch (where_) {
    case Where::outside:
      return take_outside(c);
    case Where::in_string:
      return take_in_string(c);
    case Where::in_tarball:
      return take_in_tarball(c);
  }
  return {};
}

Status PublishBody::keep(char c) {
  if (rest_.size() == kMaxRestBytes) {
    return Error(
        ErrorCode::body_too_large,
        fmt::format("manifest and signature have more than {} bytes together", kMaxRestBytes));
  }
  rest_ += c;
  return {};
}

Status PublishBody::take_outside(char c) {
  MKT_CHECK(keep(c));
  switch (c) {
    case '{':
    case '[':
      ++depth_;
      value_follows_ = false;
      break;
    case '}':
    case ']':
      // Too many of them: the parser of the rest reports that.
      if (depth_ > 0) --depth_;
      break;
    case ':':
      value_follows_ = depth_ == 1;
      break;
    case ',':
      value_follows_ = false;
      break;
    case '"':
      if (value_follows_ && string_ == kTarball && !found_) {
        found_ = true;
        where_ = Where::in_tarball;
      } else {
        where_ = Where::in_string;
        string_.clear();
      }
      break;
    default:
      break;
  }
  return {};
}

Status PublishBody::take_in_string(char c) {
  MKT_CHECK(keep(c));
  if (escaped_) {
    escaped_ = false;
  } else if (c == '\\') {
    escaped_ = true;
  } else if (c == '"') {
    where_ = Where::outside;
    return {};
  }
  // Keeps one character more than the name, which is enough to see that it is another name.
  if (depth_ == 1 && string_.size() <= kTarball.size()) string_ += c;
  return {};
}

// JSON's escapes of base64 characters: some writers escape every '/', and '+' and '=' may be
// \u002b.
Status PublishBody::take_in_tarball(char c) {
  if (unicode_digits_ > 0) {
    const int digit = hex_digit(c);
    if (digit < 0) return not_base64();
    code_unit_ = code_unit_ * 16 + static_cast<unsigned>(digit);
    if (--unicode_digits_ > 0) return {};
    const char plain = static_cast<char>(code_unit_);
    return code_unit_ < 0x80 ? take_base64({&plain, 1}) : not_base64();
  }
  if (escaped_) {
    escaped_ = false;
    if (c == '/') return take_base64("/");
    if (c != 'u') return not_base64();
    unicode_digits_ = 4;
    code_unit_ = 0;
    return {};
  }
  if (c == '\\') {
    escaped_ = true;
    return {};
  }
  // Only the closing quote gets here.
  where_ = Where::outside;
  value_follows_ = false;
  MKT_CHECK(decode());
  return keep('"');
}

Status PublishBody::take_base64(std::string_view characters) {
  while (!characters.empty()) {
    const std::string_view some = characters.substr(0, kBase64Bytes - base64_.size());
    characters.remove_prefix(some.size());
    base64_ += some;
    if (base64_.size() == kBase64Bytes) MKT_CHECK(decode());
  }
  return {};
}

Status PublishBody::decode() {
  if (base64_.empty()) return {};
  // Nothing may follow the padding.
  if (padded_) return not_base64();
  padded_ = base64_.back() == '=';
  const auto bytes = from_base64(base64_);
  if (!bytes) return not_base64();
  base64_.clear();
  return sink_(*bytes);
}

Result<Json> PublishBody::finish() {
  MKT_TRY(Json json, parse_json(rest_, "the body"));
  rest_.clear();
  if (found_ && where_ == Where::outside) return json;
  return Error(ErrorCode::invalid_request,
               "the body must hold manifest (object), tarball (base64) and signature (object)",
               {{"tarball", "must be a base64 string"}});
}

}  // namespace mkt
