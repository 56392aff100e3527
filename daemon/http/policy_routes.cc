// A tenant's policy: reading, setting, trying.
#include "common/wire/policy_messages.h"
#include "common/wire/requests.h"
#include "daemon/http/fields.h"
#include "daemon/http/routes.h"
#include "daemon/service/policies.h"
#include "daemon/service/record_messages.h"

namespace mkt {
namespace {

wire::PolicyInfo policy_message(const TenantId& tenant, const PolicyInForce& p) {
  wire::PolicyInfo m;
  m.tenant_id = tenant.text();
  m.revision = p.revision;
  if (p.set_at) m.set_at = format_utc(*p.set_at);
  m.set_by = p.set_by;
  m.policy = p.policy.to_json();
  return m;
}

Result<Response> show(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_TRY(const PolicyInForce policy, show_policy(market, request.caller, tenant));
  return json_response(200, policy_message(tenant, policy).to_json());
}

Result<Response> set(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_CHECK(require_tenant_admin(request.caller, tenant));
  MKT_TRY(const auto body, read_message<wire::PolicyChange>(request, kMaxSmallBodyBytes));
  if (body.policy.is_null()) {
    return Error(ErrorCode::invalid_request, "policy is missing", {{"policy", "is missing"}});
  }
  MKT_TRY(const Policy policy, Policy::parse(body.policy));
  MKT_TRY(const PolicyInForce kept,
          set_policy(market, request.caller, tenant, policy, body.revision));
  return json_response(200, policy_message(tenant, kept).to_json());
}

Result<Response> history(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_TRY(const auto policies, policy_history(market, request.caller, tenant));
  wire::PolicyHistoryInfo info;
  for (const PolicyInForce& p : policies) info.policies.push_back(policy_message(tenant, p));
  return json_response(200, info.to_json());
}

Result<Response> check(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_TRY(const ConnectorId id,
          ConnectorId::parse(request.head.parameter("connector").value_or("")));
  const std::string which(request.head.parameter("version").value_or("latest"));
  MKT_TRY(const PolicyCheck found, check_policy(market, request.caller, tenant, id, which));
  using Outcome = Decision::Outcome;
  const char* const outcome = found.decision.outcome == Outcome::allowed          ? "install"
                              : found.decision.outcome == Outcome::needs_approval ? "approval"
                                                                                  : "refused";
  return json_response(200, wire::PolicyCheckInfo{id.text(), found.version, outcome,
                                                  found.decision.rule, found.decision.explanation}
                                .to_json());
}

}  // namespace

void add_policy_routes(Router& router, const Marketplace& market) {
  const std::string base = "/v1/tenants/{tenant}/policy";
  router.section("Policies", "What a tenant lets in.");
  router.add(
      "GET", base,
      Operation("showPolicy", "Show a tenant's policy").for_tokens().answers<wire::PolicyInfo>(),
      [&](Request& r) { return show(market, r); });
  router.add("PUT", base,
             Operation("setPolicy", "Set a tenant's policy")
                 .for_tokens()
                 .takes<wire::PolicyChange>()
                 .answers<wire::PolicyInfo>(),
             [&](Request& r) { return set(market, r); });
  router.add("GET", base + "/history",
             Operation("listPolicies", "List the policies that a tenant has had, newest first")
                 .for_tokens()
                 .answers<wire::PolicyHistoryInfo>(),
             [&](Request& r) { return history(market, r); });
  router.add("GET", base + "/check",
             Operation("checkPolicy", "Tell what would happen to an install")
                 .for_tokens()
                 .query("connector", "Its id.")
                 .query("version", "A version; `latest` by default.")
                 .answers<wire::PolicyCheckInfo>(),
             [&](Request& r) { return check(market, r); });
}

}  // namespace mkt
