// Tenants' policies: what holds, what held before, and what would happen to an install.
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
  std::int64_t revision = 0;  // 0: the default, nobody has set one
  std::optional<UtcTime> set_at;
  std::string set_by;
};

// The default where the tenant has set none.
Result<Policy> policy_in_force(const Records& records, std::string_view tenant_id);

// By anyone of the tenant.
Result<PolicyInForce> show_policy(const Marketplace& market, const Caller& caller,
                                  const TenantId& tenant);
// Newest first.
Result<std::vector<PolicyInForce>> policy_history(const Marketplace& market, const Caller& caller,
                                                  const TenantId& tenant);

// By a tenant-admin. policy_changed where another revision than the expected one is in force.
Result<PolicyInForce> set_policy(const Marketplace& market, const Caller& caller,
                                 const TenantId& tenant, const Policy& policy,
                                 std::optional<std::int64_t> expected_revision);

// The commit: stores the next revision, at `policy.set_at`. The same document again makes none.
Result<PolicyRecord> keep_policy(const Marketplace& market, const Actor& actor,
                                 const PolicyRecord& policy,
                                 std::optional<std::int64_t> expected_revision);

struct PolicyCheck {
  std::string version;  // that "latest" stands for
  Decision decision;
};

// What would happen to an install of it, `which` being a version or "latest"; changes nothing. What
// forbids it whatever the policy says is an error, as it would be for the install.
Result<PolicyCheck> check_policy(const Marketplace& market, const Caller& caller,
                                 const TenantId& tenant, const ConnectorId& id,
                                 std::string_view which);

}  // namespace mkt
