// Unicode text from strangers: is it valid UTF-8, is it safe to show, are two names the same.
//
// Thread-safe. Normalization and case folding are utf8proc's (Unicode 14).
#pragma once

#include <string>
#include <string_view>

namespace mkt {

bool is_valid_utf8(std::string_view text);

// The number of code points; the text must be valid UTF-8.
std::size_t count_code_points(std::string_view text);

// True for C0, DEL and C1 controls, line and paragraph separators, and bidirectional overrides.
// These could move the cursor, start an escape sequence, or show the text in another order. The
// text must be valid UTF-8.
bool has_control_characters(std::string_view text);

// Two names are equal in this form when a case-insensitive or normalizing file system could confuse
// them: NFKC with case folding. The text must be valid UTF-8.
std::string fold_name(std::string_view text);

// `text` for a message: every byte that could disturb a terminal is replaced by '?'.
std::string printable(std::string_view text);

// JSON of the same meaning, whose text has "\u0085" where that could disturb a terminal. Line ends
// and blanks stay. The text must be valid JSON, which is UTF-8 and has no other control characters
// below U+0020.
std::string escape_controls(std::string_view json);

}  // namespace mkt
