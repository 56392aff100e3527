// JSON from strangers, read strictly: one document type and one parser for both programs.
//
// Beyond RFC 8259's grammar the parser refuses duplicate names in an object, more than kMaxDepth
// levels and more than kMaxMembers members of one object (the document keeps its members in order
// and looks them up one by one). Invalid UTF-8 is the library's error. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

using Json = nlohmann::ordered_json;

inline constexpr std::size_t kMaxJsonDepth = 64;
inline constexpr std::size_t kMaxJsonMembers = 4096;

// ErrorCode::invalid_json with the byte offset where it went wrong; `what` names the document.
Result<Json> parse_json(std::string_view text, std::string_view what);

// Compact, invalid UTF-8 replaced; never throws.
std::string dump_json(const Json& json);
// For people: two spaces, newline at the end.
std::string dump_json_pretty(const Json& json);

// The member's text; nullopt where it is absent or of another type.
std::optional<std::string> text_member(const Json& object, const char* name);
// The member's whole number, in the same way.
std::optional<std::int64_t> number_member(const Json& object, const char* name);

}  // namespace mkt
