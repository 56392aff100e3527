// JSON from strangers, read strictly: one document type and one parser for both programs.
//
// Beyond the grammar of RFC 8259, the parser refuses duplicate names in an object, more than
// kMaxJsonDepth levels, more than kMaxJsonMembers members in one object (an object keeps its
// members in order and finds them by a linear search), and more than kMaxJsonValues values in all,
// each of which takes some 16 bytes and more. It takes linear time. The library refuses invalid
// UTF-8. Thread-safe.
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
inline constexpr std::size_t kMaxJsonValues = 1'000'000;

// invalid_json with the byte offset of the problem; `what` names the document. `most_members`
// bounds each object.
Result<Json> parse_json(std::string_view text, std::string_view what,
                        std::size_t most_members = kMaxJsonMembers);

// Compact. Replaces invalid UTF-8; never throws.
std::string dump_json(const Json& json);
// For people: indented by two spaces, with a newline at the end.
std::string dump_json_pretty(const Json& json);

// The member's text; nullopt where it is absent or has another type.
std::optional<std::string> text_member(const Json& object, const char* name);
// The member's whole number; nullopt in the same cases.
std::optional<std::int64_t> number_member(const Json& object, const char* name);

}  // namespace mkt
