// The width of texts by Unicode's rules, and texts made to fit.
#include "cli/terminal/text_width.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("wide characters take two columns, combining marks none") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("äöü") == 3);
  CHECK(display_width("a\u0308") == 1);   // a and a combining diaeresis
  CHECK(display_width("日本語") == 6);    // East Asian wide
  CHECK(display_width("ｱｲ") == 2);        // halfwidth
  CHECK(display_width("🎉") == 2);         // emoji
  CHECK(display_width("👩\u200d🚀") == 2);  // joined into one
  CHECK(display_width("❤\ufe0f") == 2);   // shown as emoji
  CHECK(display_width("🇩🇪") == 2);        // a flag of two letters
  CHECK(display_width("") == 0);
}

TEST_CASE("a text is cut at its end, never inside of a character") {
  CHECK(cut_end("connector", 9) == "connector");
  CHECK(cut_end("connector", 5) == "conn…");
  CHECK(cut_end("日本語", 5) == "日本…");
  CHECK(cut_end("日本語", 4) == "日…");
  CHECK(cut_end("a\u0308bc", 2) == "a\u0308…");
  CHECK(cut_end("abc", 1) == "…");
  CHECK(cut_end("abc", 0).empty());
}

TEST_CASE("a digest is cut in its middle") {
  CHECK(cut_middle("0123456789abcdef", 9) == "0123…cdef");
  CHECK(cut_middle("0123456789abcdef", 8) == "0123…def");
  CHECK(cut_middle("0123", 4) == "0123");
  CHECK(display_width(cut_middle("日本語日本語", 7)) <= 7);
}

TEST_CASE("a text is wrapped at blanks, and a long word where it must be") {
  CHECK(wrap("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrap("abcdefgh", 3) == std::vector<std::string>{"abc", "def", "gh"});
  CHECK(wrap("日本語", 2) == std::vector<std::string>{"日", "本", "語"});
  CHECK(wrap("日", 1) == std::vector<std::string>{"日"});
  CHECK(wrap("", 5) == std::vector<std::string>{""});
}

}  // namespace
}  // namespace mkt
