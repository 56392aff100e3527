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

}  // namespace
}  // namespace mkt
