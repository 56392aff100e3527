#include "daemon/service/policies.h"

#include <fmt/format.h>

#include "daemon/rules/policy_history.h"
#include "daemon/service/catalog.h"
#include "daemon/service/installs.h"

namespace mkt {
namespace {

Result<PolicyInForce> read_record(const PolicyRecord& r) {
  MKT_TRY(const Json document, parse_json(r.document, "the policy"));
  MKT_TRY(Policy policy, Policy::parse(document));
  return PolicyInForce{std::move(policy), r.revision, r.set_at, r.set_by};
}

Result<PolicyRecord> decide_to_set(Change& change, PolicyRecord policy,
                                   std::optional<std::int64_t> expected_revision) {
  Records& records = change.records();
  records.hold_tenant(policy.tenant_id, Hold::exclusive);
  Policies& policies = records.policies();
  const auto before = policies.current(policy.tenant_id);
  const std::int64_t revision = before ? before->revision : 0;
  if (expected_revision && *expected_revision != revision) {
    return Error(ErrorCode::policy_changed,
                 fmt::format("the policy of {} was changed meanwhile: it is at revision {}, not {}",
                             policy.tenant_id, revision, *expected_revision));
  }
  if (before && before->document == policy.document) return *before;
  policy.revision = revision + 1;
  policy.set_at = change.at();
  policy.set_by = change.actor().who;
  change.log("policy.set", policy.tenant_id,
             {{"tenant", policy.tenant_id}, {"revision", policy.revision}});
  policies.insert(policy);
  for (const std::int64_t old : revisions_to_remove(policies.sizes(policy.tenant_id))) {
    policies.remove(policy.tenant_id, old);
  }
  return policy;
}

}  // namespace

Result<Policy> policy_in_force(const Records& records, std::string_view tenant_id) {
  const auto record = records.policies().current(tenant_id);
  if (!record) return Policy{};
  MKT_TRY(const Json document, parse_json(record->document, "the tenant's policy"));
  return Policy::parse(document);
}

Result<PolicyRecord> keep_policy(const Marketplace& market, const Actor& actor,
                                 const PolicyRecord& policy,
                                 std::optional<std::int64_t> expected_revision) {
  return market.change(actor, policy.set_at, Touches::nothing(), [&](Change& change) {
    return decide_to_set(change, policy, expected_revision);
  });
}

Result<PolicyInForce> show_policy(const Marketplace& market, const Caller& caller,
                                  const TenantId& tenant) {
  MKT_CHECK(require_member(caller, tenant));
  MKT_TRY(const auto record, market.read([&](const Records& records) {
    return records.policies().current(tenant.text());
  }));
  if (!record) return PolicyInForce{};
  return read_record(*record);
}

Result<std::vector<PolicyInForce>> policy_history(const Marketplace& market, const Caller& caller,
                                                  const TenantId& tenant) {
  MKT_CHECK(require_member(caller, tenant));
  MKT_TRY(const auto kept, market.read([&](const Records& records) {
    return records.policies().history(tenant.text(), kMaxPolicyHistory);
  }));
  std::vector<PolicyInForce> all;
  for (const PolicyRecord& record : kept) {
    MKT_TRY(PolicyInForce policy, read_record(record));
    all.push_back(std::move(policy));
  }
  return all;
}

Result<PolicyInForce> set_policy(const Marketplace& market, const Caller& caller,
                                 const TenantId& tenant, const Policy& policy,
                                 std::optional<std::int64_t> expected_revision) {
  MKT_CHECK(require_tenant_admin(caller, tenant));
  PolicyRecord record;
  record.tenant_id = tenant.text();
  record.document = dump_json(policy.to_json());
  record.set_at = market.now();
  MKT_TRY(const PolicyRecord kept, keep_policy(market, caller.actor(), record, expected_revision));
  return read_record(kept);
}

Result<PolicyCheck> check_policy(const Marketplace& market, const Caller& caller,
                                 const TenantId& tenant, const ConnectorId& id,
                                 std::string_view which) {
  MKT_CHECK(require_member(caller, tenant));
  MKT_TRY(const VersionRecord version, show_version(market, caller, id, which));
  MKT_TRY(Decision decision, market.read([&](const Records& records) {
    return preview_install(records, tenant.text(), id.text(), version.version);
  }));
  return PolicyCheck{version.version, std::move(decision)};
}

}  // namespace mkt
