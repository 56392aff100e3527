#include <doctest/doctest.h>

#include "common/wire/policy.h"

namespace mkt {
namespace {

TEST_CASE("an empty policy is the default one") {
  const auto policy = Policy::parse(Json::object());
  REQUIRE(policy);
  CHECK(policy->require_approval_for_capabilities ==
        std::vector<std::string>{"auth", "cloud", "database"});
  CHECK(policy->min_approvals == 1);
  CHECK_FALSE(policy->allow_self_approval);
  CHECK(policy->auto_approve_verified);
  CHECK(policy->request_ttl == std::chrono::hours(24 * 7));
}

TEST_CASE("a policy that is written is read again as the same") {
  Policy policy;
  policy.require_approval_for_policy_classes = {PolicyClass::destructive};
  policy.require_approval_for_all = true;
  policy.blocked_connectors = {"evil-*"};
  policy.allowed_publishers = {"acme"};
  policy.min_approvals = 3;
  policy.request_ttl = std::chrono::minutes(90);
  const auto again = Policy::parse(policy.to_json());
  REQUIRE(again);
  CHECK(again->to_json() == policy.to_json());
}

TEST_CASE("everything that is wrong with a policy is said at once") {
  const auto policy = Policy::parse({{"minApprovals", 0},
                                     {"requestTtl", "1s"},
                                     {"blockedCapabilities", {"flying"}},
                                     {"allowedConnectors", {"Bad Name"}},
                                     {"requireApprovalForAl", true}});
  REQUIRE_FALSE(policy);
  CHECK(policy.error().code == ErrorCode::policy_invalid);
  CHECK(policy.error().details.size() == 5);
}

TEST_CASE("a policy must be an object of known settings of the right type") {
  CHECK_FALSE(Policy::parse(Json::array()));
  CHECK_FALSE(Policy::parse({{"minApprovals", "2"}}));
  CHECK_FALSE(Policy::parse({{"minApprovals", 1.5}}));
  CHECK_FALSE(Policy::parse({{"allowSelfApproval", "yes"}}));
  CHECK_FALSE(Policy::parse({{"requestTtl", 7}}));
  CHECK_FALSE(Policy::parse({{"blockedConnectors", "x"}}));
  CHECK_FALSE(Policy::parse({{"requireApprovalForPolicyClasses", {"WRITE"}}}));
}

TEST_CASE("a star in a pattern stands for any run of characters") {
  CHECK(matches_pattern("*", "anything"));
  CHECK(matches_pattern("acme-*", "acme-"));
  CHECK(matches_pattern("acme-*", "acme-tool"));
  CHECK(matches_pattern("*-tool", "acme-tool"));
  CHECK(matches_pattern("a*e*l", "acme-tool"));
  CHECK(matches_pattern("tool", "tool"));
  CHECK_FALSE(matches_pattern("tool", "tools"));
  CHECK_FALSE(matches_pattern("acme-*", "acme"));
  CHECK_FALSE(matches_pattern("*b*", "acme"));
  CHECK_FALSE(matches_pattern("", "acme"));
}

}  // namespace
}  // namespace mkt
