// What people read of the log is made from what it keeps.
#include "daemon/service/log_text.h"

#include "common/base/json.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

std::string text_of(const std::string& action, const Json& document) {
  return log_text({1, {}, kActor, action, "subject", dump_json(document)});
}

TEST_CASE("each action has its own words") {
  CHECK(text_of("version.publish", {{"checksum", "sha256:00"}}) == "sha256:00");
  CHECK(text_of("version.countersign", {{"keyId", "a:1"}, {"replaces", "a:2"}}) ==
        "a:1 in the place of a:2");
  CHECK(text_of("key.add", Json::object()) == "");
  CHECK(text_of("key.add", {{"endorsedBy", "a:1"}}) == "endorsed by a:1");
  CHECK(text_of("key.revoke", {{"reasonCode", "compromised"}, {"reason", "stolen"}}) ==
        "compromised: stolen");
  CHECK(text_of("policy.set", {{"tenant", "team"}, {"revision", 3}}) == "revision 3");
  CHECK(text_of("request.approve", {{"tenant", "team"},
                                    {"connector", "tool"},
                                    {"version", "1.0.0"},
                                    {"approver", "ann"},
                                    {"approvals", 1},
                                    {"needed", 2}}) == "tool@1.0.0 for team by ann, 1 of 2");
  CHECK(text_of("installation.add",
                {{"connector", "tool"}, {"version", "1.0.0"}, {"request", "r"}}) ==
        "tool@1.0.0 by request r");
  CHECK(text_of("limit.reset", {{"scope", "publish"}}) == "publish");
}

TEST_CASE("what a new token may do, and no blank for an admin who stands for nobody") {
  CHECK(text_of("token.create", {{"role", "admin"}, {"subject", ""}, {"readOnly", true}}) ==
        "admin, only to read");
  CHECK(text_of("token.create", {{"role", "publisher"}, {"subject", "acme"}}) == "publisher acme");
  CHECK(text_of("token.create", {{"name", "ann"}, {"role", "approver"}, {"subject", "team"}}) ==
        "ann, approver team");
  CHECK(text_of("token.revoke", {{"token", "ab"}, {"name", "ann"}}) == "ann");
}

TEST_CASE("failed sign-ins are a number, and the first token that one of them named") {
  CHECK(text_of("token.refuse", {{"count", 3}, {"since", "2026-01-31"}, {"token", "ab"}}) ==
        "3 failed sign-ins since 2026-01-31, first with the token ab");
  CHECK(text_of("token.refuse", {{"count", 1}, {"since", "2026-01-31"}}) ==
        "1 failed sign-in since 2026-01-31");
}

TEST_CASE("what an older mktd wrote as a text is that text") {
  CHECK(text_of("request.deny", {{"request", "req_1"}, {"text", "tool@1.0.0 for team: no"}}) ==
        "tool@1.0.0 for team: no");
  CHECK(log_text({1, {}, kActor, "key.add", "k", "no JSON"}) == "");
}

TEST_CASE_FIXTURE(RegistryFixture, "a publish says all that a stranger needs to check it") {
  const KeyRecord key = add_publisher("acme");
  NewVersion n = version("tool", "1.0.0", key);
  n.version.signature = R"({"keyId":"acme:0123456789abcdef","signature":"c2lnbmVk"})";
  REQUIRE(registry->publish(n, kActor));
  const auto entries = registry->log({});
  const auto document = parse_json(entries->back().document, "the document");
  REQUIRE(document);
  CHECK(*document == Json{{"connector", "tool"},
                          {"version", "1.0.0"},
                          {"checksum", "sha256:tool1.0.0"},
                          {"publisher", "acme"},
                          {"keyId", key.key_id},
                          {"publicKey", key.public_key},
                          {"signature", "c2lnbmVk"},
                          {"size", 10}});
}

}  // namespace
}  // namespace mkt
