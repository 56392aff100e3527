// Who counts as one person: what a reader could not tell apart.
#include "daemon/rules/person.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("case, blanks around a name and other forms of a letter make no second person") {
  for (const char* name : {"BOB", " bob ", "\tbob\n", "\u00a0bob\u3000", "\uff42\uff4f\uff42",
                           "bob\u2028", "\u1680 bob"}) {
    CAPTURE(name);
    CHECK(same_person("bob", name));
  }
  CHECK(same_person("Jos\u00e9", "JOSE\u0301"));
  CHECK(same_person("stra\u00dfe", "STRASSE"));
  CHECK_FALSE(same_person("bob", "bobby"));
  CHECK_FALSE(same_person("jose", "jos\u00e9"));
  CHECK_FALSE(same_person("a b", "ab"));
}

TEST_CASE("what shows nothing makes no second person, and is nobody") {
  for (const char* unseen :
       {"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u115f", "\u3164",
        "\ufe0f", "\u180e", "\u202e", "\u2066", "\u200f", "\U000e0061"}) {
    CAPTURE(unseen);
    CHECK(same_person("bob", std::string("bob") + unseen));
    CHECK(same_person("bob", std::string("b") + unseen + "ob"));
    CHECK(person_key(unseen).empty());
    CHECK(person_key(std::string(" ") + unseen + " ").empty());
    CHECK_FALSE(is_visible(std::string("bob") + unseen));
  }
  CHECK(person_key("").empty());
  CHECK(person_key("   ").empty());
}

TEST_CASE("the names of people can be seen, in any script") {
  for (const char* name : {"bob", "Bob Smith", "Jos\u00e9 \u00c1lvarez", "\u738b\u5c0f\u660e",
                           "\u0410\u043d\u043d\u0430", "\u05d3\u05d5\u05d3", "\u0639\u0644\u064a",
                           "O'Brien-2", "ci@acme.example", "\U0001f600"}) {
    CAPTURE(name);
    CHECK(is_visible(name));
  }
  CHECK(is_visible(""));
  for (const char* name : {"a\tb", "a\x1b[0m", "a\u0085", "a\u2028", "\U000f0000", "\u0378"}) {
    CAPTURE(name);
    CHECK_FALSE(is_visible(name));
  }
}

}  // namespace
}  // namespace mkt
