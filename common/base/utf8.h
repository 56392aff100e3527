// Unicode text from strangers: is it valid UTF-8, is it safe to show, when are two names the same.
//
// Thread-safe. Normalization and case folding are utf8proc's (Unicode 14).
#pragma once

#include <string>
#include <string_view>

namespace mkt {

bool is_valid_utf8(std::string_view text);

// Number of code points; text must be valid UTF-8.
std::size_t count_code_points(std::string_view text);

// True for C0, DEL, C1 controls, line and paragraph separators and the bidirectional overrides:
// what could move the cursor, start an escape sequence or show a text in another order than it is.
// Text must be valid UTF-8.
bool has_control_characters(std::string_view text);

// The form under which a case-insensitive or normalizing file system could confuse two names:
// NFKC with case folding. Text must be valid UTF-8.
std::string fold_name(std::string_view text);

// `text` with every byte that could disturb a terminal replaced by '?', for messages.
std::string printable(std::string_view text);

}  // namespace mkt
