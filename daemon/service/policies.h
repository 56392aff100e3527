// Tenants' policies: the one in force, earlier ones, and what the policy would decide about an
// install.
#pragma once

#include <optional>
#include <vector>

#include "common/connector/version.h"
#include "common/wire/policy.h"
#include "daemon/rules/install_rules.h"
#include "daemon/service/marketplace.h"

namespace mkt {

struct PolicyInForce {
  Policy policy;
  std::int64_t revision = 0;  // 0: the default, as nobody has set one
  std::optional<UtcTime> set_at;
  std::string set_by;
};

// The default where the tenant has set none.
Result<Policy> policy_in_force(const Records& records, std::string_view tenant_id);

// For anyone in the tenant.
Result<PolicyInForce> show_policy(const Marketplace& market, const Caller& caller,
                                  const TenantId& tenant);
// Newest first.
Result<std::vector<PolicyInForce>> policy_history(const Marketplace& market, const Caller& caller,
                                                  const TenantId& tenant);

// For a tenant-admin. policy_changed where another revision than the expected one is in force.
Result<PolicyInForce> set_policy(const Marketplace& market, const Caller& caller,
                                 const TenantId& tenant, const Policy& policy,
                                 std::optional<std::int64_t> expected_revision);

// The change alone: stores the next revision, set at `policy.set_at`. An equal document makes none.
Result<PolicyRecord> keep_policy(const Marketplace& market, const Actor& actor,
                                 const PolicyRecord& policy,
                                 std::optional<std::int64_t> expected_revision);

struct PolicyCheck {
  std::string version;  // the version that "latest" stands for
  Decision decision;
};

// What would happen to an install; `which` is a version or "latest". Changes nothing. What forbids
// the install whatever the policy says is an error, as for the install itself.
Result<PolicyCheck> check_policy(const Marketplace& market, const Caller& caller,
                                 const TenantId& tenant, const ConnectorId& id,
                                 std::string_view which);

}  // namespace mkt
