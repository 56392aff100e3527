// What a token may do less than its role.
#include "daemon/rules/token_scope.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("a token without a scope may use any connector from anywhere") {
  const TokenScope scope;
  CHECK(check_scope(scope));
  CHECK(may_use_connector(scope, "tool"));
  CHECK(may_come_from(scope, "192.0.2.1"));
  CHECK(may_come_from(scope, "unix"));
}

TEST_CASE("a token for some connectors may use what one of its patterns matches") {
  const TokenScope scope{false, {"mail-*", "tool"}, {}};
  CHECK(may_use_connector(scope, "mail-in"));
  CHECK(may_use_connector(scope, "tool"));
  for (const char* other : {"mail", "tools", "a-tool", "", "Mail-in"}) {
    CAPTURE(other);
    CHECK_FALSE(may_use_connector(scope, other));
  }
}

TEST_CASE("a token may come from its address ranges only") {
  const TokenScope scope{false, {}, {"10.0.0.0/8", "2001:db8::/32", "unix"}};
  for (const char* near : {"10.1.2.3", "2001:db8::1", "unix"}) {
    CAPTURE(near);
    CHECK(may_come_from(scope, near));
  }
  for (const char* elsewhere : {"11.0.0.1", "2001:db9::1", "", "nonsense"}) {
    CAPTURE(elsewhere);
    CHECK_FALSE(may_come_from(scope, elsewhere));
  }
}

TEST_CASE("a scope that says nothing clear is refused, whole") {
  CHECK_FALSE(check_scope({false, {"Mail"}, {}}));
  CHECK_FALSE(check_scope({false, {""}, {}}));
  CHECK_FALSE(check_scope({false, {"a b"}, {}}));
  CHECK_FALSE(check_scope({false, {}, {"10.0.0.0/33"}}));
  CHECK_FALSE(check_scope({false, {}, {"example.com"}}));
  CHECK_FALSE(check_scope({false, std::vector<std::string>(21, "a"), {}}));
  const Status both = check_scope({false, {"A"}, {"x"}});
  REQUIRE_FALSE(both);
  CHECK(both.error().details.size() == 2);
}

TEST_CASE("the message says by itself which member is wrong, and why") {
  CHECK(check_scope({false, {}, {"foo"}}).error().message ==
        "the token's scope is not valid: from must be addresses or ranges such as 10.0.0.0/8, or "
        "unix, and not \"foo\"");
  CHECK(check_scope({false, {"H["}, {}}).error().message ==
        "the token's scope is not valid: connectors must be connector ids, in which * stands for "
        "anything, and not \"H[\"");
  CHECK(check_scope({false, {}, std::vector<std::string>(21, "10.0.0.1")}).error().message ==
        "the token's scope is not valid: from may be at most 20");
}

TEST_CASE("what rows have of a scope is read again as it was") {
  const std::vector<std::string> words{"mail-*", "tool"};
  CHECK(TokenScope::split(TokenScope::join(words)) == words);
  CHECK(TokenScope::split("").empty());
  CHECK(TokenScope::join({}).empty());
}

}  // namespace
}  // namespace mkt
