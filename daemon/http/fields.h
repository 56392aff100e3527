// Members of a request's JSON body, read and checked: the value, or invalid_request naming the
// field.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"
#include "common/base/utc_time.h"
#include "daemon/http/request_head.h"

namespace mkt {

// Where a body is small: names, reasons, keys, tokens.
inline constexpr std::uint64_t kMaxSmallBodyBytes = 64 * 1024;

// 1 to `limit` characters, none of them a control character.
Result<std::string> required_text(const Json& json, const char* name, std::size_t limit);
// The same, or empty.
Result<std::string> optional_text(const Json& json, const char* name, std::size_t limit);
// RFC 3339; nullopt where it is absent or null.
Result<std::optional<UtcTime>> optional_time(const Json& json, const char* name);
// A whole number.
Result<std::optional<std::int64_t>> optional_number(const Json& json, const char* name);
// False where it is absent.
Result<bool> optional_flag(const Json& json, const char* name);

// Collects what is wrong with the fields of a body, so that a client is told of all at once.
//
//   Findings wrong;
//   const auto name = wrong.take("name", required_text(json, "name", 128));
//   MKT_CHECK(wrong.status());   // from here on every value is there
class Findings {
 public:
  template <typename T>
  std::optional<T> take(const char* field, Result<T> result) {
    if (result) return std::move(*result);
    add(field, result.error());
    return std::nullopt;
  }
  void add(const char* field, const Error& error);

  // The one error as it is; of several the first one's code, with a detail for each.
  Status status() const;

 private:
  std::vector<Error> errors_;
};

// A number of the query string.
Result<std::uint64_t> number_parameter(const RequestHead& head, std::string_view name,
                                       std::uint64_t otherwise, std::uint64_t least,
                                       std::uint64_t most);

}  // namespace mkt
