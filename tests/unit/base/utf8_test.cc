// Text from strangers.
#include "common/base/utf8.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("UTF-8 is that of RFC 3629: no overlong forms, surrogates or code points beyond 10FFFF") {
  for (const char* text : {"", "a", "\u00e9", "\u20ac", "\U0001f600", "\U0010ffff"}) {
    CHECK(is_valid_utf8(text));
  }
  for (const char* text : {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                           "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "a\xff"}) {
    CHECK(!is_valid_utf8(text));
  }
}

TEST_CASE("characters are counted, not bytes") {
  CHECK(count_code_points("\u00e9\U0001f600x") == 3);
}

TEST_CASE("what could steer a terminal or turn the text around is a control character") {
  for (const char* text :
       {"\n", "\x1b[2J", "\x7f", "\u0085", "\u009b", "\u2028", "\u202e", "\u2066"}) {
    CHECK(has_control_characters(text));
  }
  CHECK(!has_control_characters("caf\u00e9 \u05d0"));
}

TEST_CASE("names that differ in case or Unicode form fold to one") {
  CHECK(fold_name("README") == fold_name("Readme"));
  CHECK(fold_name("caf\u00e9") == fold_name("cafe\u0301"));
  CHECK(fold_name("\u212a") == fold_name("k"));  // the Kelvin sign
  CHECK(fold_name("a") != fold_name("b"));
}

TEST_CASE("printable text has nothing left that disturbs") {
  CHECK(printable("a\x1b[31mb") == "a?[31mb");
  CHECK(printable("plain \u00e9") == "plain \u00e9");
  CHECK(is_valid_utf8(printable("\xff\xfe")));
}

TEST_CASE("JSON without control characters means the same") {
  CHECK(escape_controls("{\n  \"a\": \"\u0085 \u00e9\"\n}\n") ==
        "{\n  \"a\": \"\\u0085 \u00e9\"\n}\n");
  CHECK(escape_controls("[\"\x7f\u2066\"]") == R"(["\u007f\u2066"])");
}

}  // namespace
}  // namespace mkt
