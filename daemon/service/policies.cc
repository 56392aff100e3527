// Reading and setting policies; see policies.h.
#include "daemon/service/policies.h"

#include "daemon/service/catalog.h"

namespace mkt {
namespace {

Result<PolicyInForce> read_record(const PolicyRecord& r) {
  MKT_TRY(const Json document, parse_json(r.document, "the policy"));
  MKT_TRY(Policy policy, Policy::parse(document));
  return PolicyInForce{std::move(policy), r.revision, r.set_at, r.set_by};
}

}  // namespace

Result<PolicyInForce> show_policy(const Marketplace& market, const Caller& caller,
                                  const TenantId& tenant) {
  MKT_CHECK(require_member(caller, tenant));
  MKT_TRY(const auto record, market.store.policy(tenant.text()));
  if (!record) return PolicyInForce{};
  return read_record(*record);
}

Result<std::vector<PolicyInForce>> policy_history(const Marketplace& market, const Caller& caller,
                                                  const TenantId& tenant) {
  MKT_CHECK(require_member(caller, tenant));
  MKT_TRY(const auto records, market.store.policy_history(tenant.text()));
  std::vector<PolicyInForce> all;
  for (const PolicyRecord& record : records) {
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
  MKT_TRY(const PolicyRecord kept,
          market.store.set_policy(record, expected_revision, caller.actor()));
  return read_record(kept);
}

Result<PolicyCheck> check_policy(const Marketplace& market, const Caller& caller,
                                 const TenantId& tenant, const ConnectorId& id,
                                 std::string_view which) {
  MKT_CHECK(require_member(caller, tenant));
  MKT_TRY(const VersionRecord version, show_version(market, id, which));
  NewInstallRequest wish;
  wish.tenant_id = tenant.text();
  wish.connector_id = id.text();
  wish.version = version.version;
  wish.at = market.now();
  MKT_TRY(Decision decision, market.store.preview_install(wish));
  return PolicyCheck{version.version, std::move(decision)};
}

}  // namespace mkt
