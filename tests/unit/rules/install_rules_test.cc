// Each rule of a policy, and which one wins.
#include "daemon/rules/install_rules.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

using Outcome = Decision::Outcome;

struct RulesFixture {
  RulesFixture() {
    version.connector_id = "acme-tool";
    version.version = "1.2.0";
    version.capabilities = {"custom"};
    version.policy_classes = {"READ"};
    publisher.id = "acme";
  }
  VersionRecord installed_version(const std::string& v) const {
    VersionRecord installed = version;
    installed.version = v;
    return installed;
  }
  Decision decide_now(const VersionRecord* installed = nullptr) const {
    return decide(policy, {version, publisher, installed});
  }
  void check(Outcome outcome, std::string_view rule, const VersionRecord* installed = nullptr) {
    const Decision d = decide_now(installed);
    CHECK(d.outcome == outcome);
    CHECK(d.rule == rule);
    CHECK_FALSE(d.explanation.empty());
  }

  Policy policy;
  VersionRecord version;
  PublisherRecord publisher;
};

TEST_CASE_FIXTURE(RulesFixture, "what asks for nothing special goes through") {
  check(Outcome::allowed, "");
}

TEST_CASE_FIXTURE(RulesFixture, "a listed capability or policy class needs an approval") {
  version.capabilities = {"custom", "database"};
  check(Outcome::needs_approval, "requireApprovalForCapabilities");
  version.capabilities = {"custom"};
  version.policy_classes = {"DESTRUCTIVE", "READ"};
  check(Outcome::allowed, "");
  policy.require_approval_for_policy_classes = {PolicyClass::destructive};
  check(Outcome::needs_approval, "requireApprovalForPolicyClasses");
}

TEST_CASE_FIXTURE(RulesFixture, "blocked things and what is on no list are refused") {
  policy.blocked_connectors = {"acme-*"};
  check(Outcome::refused, "blockedConnectors");
  policy.blocked_connectors = {};
  policy.blocked_capabilities = {"custom"};
  check(Outcome::refused, "blockedCapabilities");
  policy.blocked_capabilities = {};
  policy.allowed_connectors = {"other-*"};
  check(Outcome::refused, "allowedConnectors");
  policy.allowed_connectors = {"acme-*"};
  check(Outcome::allowed, "");
  policy.allowed_publishers = {"others"};
  check(Outcome::refused, "allowedPublishers");
  policy.allowed_publishers = {"acme"};
  check(Outcome::allowed, "");
}

TEST_CASE_FIXTURE(RulesFixture, "a refusal wins over everything that would let it in") {
  publisher.verified = true;
  policy.auto_approve_patch_updates = true;
  policy.blocked_connectors = {"*"};
  const VersionRecord before = installed_version("1.1.9");
  check(Outcome::refused, "blockedConnectors", &before);
}

TEST_CASE_FIXTURE(RulesFixture, "a verified publisher is spared the first approval, not all") {
  version.capabilities = {"database"};
  publisher.verified = true;
  check(Outcome::allowed, "autoApproveVerified");
  policy.require_approval_for_all = true;
  check(Outcome::needs_approval, "requireApprovalForAll");
  policy.require_approval_for_all = false;
  policy.auto_approve_verified = false;
  check(Outcome::needs_approval, "requireApprovalForCapabilities");
}

TEST_CASE_FIXTURE(RulesFixture, "an update is asked about for what it adds, whoever publishes it") {
  version.capabilities = {"auth", "database"};
  VersionRecord before = installed_version("1.0.0");
  check(Outcome::allowed, "", &before);
  before.capabilities = {"auth"};
  check(Outcome::needs_approval, "requireApprovalForCapabilities", &before);
  publisher.verified = true;
  check(Outcome::needs_approval, "requireApprovalForCapabilities", &before);
}

TEST_CASE_FIXTURE(RulesFixture, "patch updates go through where the policy says so") {
  policy.require_approval_for_all = true;
  policy.auto_approve_patch_updates = true;
  version.version = "1.2.3";
  VersionRecord before = installed_version("1.2.0");
  check(Outcome::allowed, "autoApprovePatchUpdates", &before);
  before.version = "1.1.9";
  check(Outcome::needs_approval, "requireApprovalForAll", &before);
  before.version = "1.2.4";  // a step back is no update
  check(Outcome::needs_approval, "requireApprovalForAll", &before);
  before.version = "1.2.0";
  version.policy_classes = {"DESTRUCTIVE"};
  check(Outcome::needs_approval, "requireApprovalForAll", &before);
  version.policy_classes = {"READ"};
  version.version = "1.2.3-rc.1";
  check(Outcome::needs_approval, "requireApprovalForAll", &before);
}

TEST_CASE_FIXTURE(RulesFixture, "quarantine and a suspended publisher stop an install always") {
  CHECK(may_install(version, publisher));
  version.quarantined = true;
  CHECK(may_install(version, publisher).error().code == ErrorCode::version_quarantined);
  version.quarantined = false;
  publisher.status = PublisherStatus::suspended;
  CHECK(may_install(version, publisher).error().code == ErrorCode::publisher_suspended);
}

}  // namespace
}  // namespace mkt
