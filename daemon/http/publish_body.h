// PublishBody: reads the older protocol's JSON {manifest, tarball, signature} as it arrives.
//
// The tarball is a base64 string of up to 70 million characters. It is decoded piece by piece and
// given to a sink. The rest of the document is small; when the body has ended, the strict reader of
// common/base/json.h parses it, with an empty string in place of the tarball. So only that reader
// decides about the grammar, and this class only finds one member of the outermost object. It never
// needs more memory than kMaxRestBytes and a buffer. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/encoding.h"
#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt {

class PublishBody {
 public:
  // Enough for the largest manifest, a signature file, and white space.
  static constexpr std::size_t kMaxRestBytes = 2 * 1024 * 1024;

  using Sink = std::function<Status(std::span<const std::uint8_t>)>;

  explicit PublishBody(Sink sink) : sink_(std::move(sink)) {}

  // invalid_request where the tarball is not base64, body_too_large where the rest is too long, and
  // the sink's errors.
  Status feed(std::span<const std::uint8_t> bytes);

  // Call after the last byte. Returns the document without the tarball. invalid_json;
  // invalid_request where there is no tarball.
  Result<Json> finish();

 private:
  enum class Where { outside, in_string, in_tarball };

  Status take(char c);
  Status take_outside(char c);
  Status take_in_string(char c);
  Status take_in_tarball(char c);
  Status take_base64(std::string_view characters);
  Status decode();
  Status keep(char c);

  const Sink sink_;
  Where where_ = Where::outside;
  std::string rest_;            // the document without the tarball's characters
  std::size_t depth_ = 0;       // open objects and arrays
  bool value_follows_ = false;  // a ':' came, but not yet its value
  bool escaped_ = false;        // inside a string, after a backslash
  int unicode_digits_ = 0;      // how many are still missing in a \u escape in the tarball
  unsigned code_unit_ = 0;
  std::string string_;   // the last string of the outermost object, unparsed and cut off
  bool padded_ = false;  // base64 ended with '='
  bool found_ = false;
  std::string base64_;
};

}  // namespace mkt
