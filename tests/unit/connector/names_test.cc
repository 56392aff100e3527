// Ids and key ids.
#include "common/connector/names.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("an id is lower-case letters, digits and hyphens, starting with a letter") {
  for (const std::string& text : {std::string("a"), std::string("github"), std::string("a-1-b"),
                                  std::string("a-"), std::string(64, 'a')}) {
    CAPTURE(std::string(text));
    CHECK(ConnectorId::parse(text));
  }
  for (const std::string& text :
       {std::string(), std::string("A"), std::string("1a"), std::string("-a"), std::string("a_b"),
        std::string("a.b"), std::string("a/b"), std::string("a b"), std::string("a\n"),
        std::string("\u00e9"), std::string("a\0", 2), std::string(65, 'a')}) {
    CAPTURE(std::string(text));
    const auto id = ConnectorId::parse(text);
    REQUIRE(!id);
    CHECK(id.error().code == ErrorCode::invalid_input);
  }
}

TEST_CASE("a key id is a publisher, a colon and 16 lower-case hex digits") {
  REQUIRE(KeyId::parse("acme:0123456789abcdef"));
  CHECK(KeyId::parse("acme:0123456789abcdef")->publisher().text() == "acme");
  for (const char* text :
       {"", "acme", "acme:", ":0123456789abcdef", "acme:0123456789abcde", "acme:0123456789abcdef0",
        "acme:0123456789ABCDEF", "acme:0123456789abcdeg", "Acme:0123456789abcdef",
        "a:b:0123456789abcdef"}) {
    CAPTURE(std::string(text));
    CHECK(!KeyId::parse(text));
  }
}

TEST_CASE("a signature file may call a key by any text of 1 to 128 characters") {
  for (const std::string& text :
       {std::string("acme-2025"), std::string("acme:9e18cbc1"), std::string("acme/ci: key 2"),
        std::string("x"), std::string(128, 'k'), std::string("cl\u00e9")}) {
    CAPTURE(text);
    REQUIRE(KeyName::parse(text));
    CHECK(KeyName::parse(text)->text() == text);
    CHECK_FALSE(KeyName::parse(text)->as_id());
  }
  for (const std::string& text :
       {std::string(), std::string(" x"), std::string("x "), std::string("a\nb"),
        std::string("a\0b", 3), std::string("\xff"), std::string(129, 'k')}) {
    CAPTURE(text);
    CHECK(!KeyName::parse(text));
  }
}

TEST_CASE("the forms of a key's own ids are told from other names") {
  const auto own = KeyName::parse("acme:0123456789abcdef");
  REQUIRE(own);
  REQUIRE(own->as_id());
  CHECK(own->as_id()->publisher().text() == "acme");
  CHECK_FALSE(own->publisher_of_older_form());
  const auto older = KeyName::parse("acme:01234567");
  REQUIRE(older);
  REQUIRE(older->publisher_of_older_form());
  CHECK(older->publisher_of_older_form()->text() == "acme");
  for (const char* text : {"acme:0123456", "acme:0123456g", "Acme:01234567", ":01234567"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(KeyName::parse(text)->publisher_of_older_form());
  }
}

}  // namespace
}  // namespace mkt
