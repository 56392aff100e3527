// A tenant's policy: reading, setting, trying.
#include "daemon/http/fields.h"
#include "daemon/http/routes.h"
#include "daemon/service/policies.h"
#include "daemon/service/record_messages.h"

namespace mkt {
namespace {

Json policy_message(const TenantId& tenant, const PolicyInForce& p) {
  return {{"tenantId", tenant.text()},
          {"revision", p.revision},
          {"setAt", p.set_at ? Json(format_utc(*p.set_at)) : Json()},
          {"setBy", p.set_by.empty() ? Json() : Json(p.set_by)},
          {"policy", p.policy.to_json()}};
}

Result<Response> show(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_TRY(const PolicyInForce policy, show_policy(market, request.caller, tenant));
  return json_response(200, policy_message(tenant, policy));
}

// {policy, revision}: the revision is the one that the caller has read; absent: whatever is there.
Result<Response> set(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_CHECK(require_tenant_admin(request.caller, tenant));
  MKT_TRY(const Json json, read_json_body(request, kMaxSmallBodyBytes));
  const auto document = json.find("policy");
  if (document == json.end()) {
    return Error(ErrorCode::invalid_request, "policy is missing", {{"policy", "is missing"}});
  }
  MKT_TRY(const Policy policy, Policy::parse(*document));
  MKT_TRY(const auto revision, optional_number(json, "revision"));
  MKT_TRY(const PolicyInForce kept, set_policy(market, request.caller, tenant, policy, revision));
  return json_response(200, policy_message(tenant, kept));
}

Result<Response> history(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_TRY(const auto policies, policy_history(market, request.caller, tenant));
  Json all = Json::array();
  for (const PolicyInForce& p : policies) all.push_back(policy_message(tenant, p));
  return json_response(200, {{"policies", all}});
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
  return json_response(200,
                       {{"connectorId", id.text()},
                        {"version", found.version},
                        {"outcome", outcome},
                        {"rule", found.decision.rule.empty() ? Json() : Json(found.decision.rule)},
                        {"explanation", found.decision.explanation}});
}

}  // namespace

void add_policy_routes(Router& router, const Marketplace& market) {
  const std::string base = "/v1/tenants/{tenant}/policy";
  router.add("GET", base, [&](Request& r) { return show(market, r); });
  router.add("PUT", base, [&](Request& r) { return set(market, r); });
  router.add("GET", base + "/history", [&](Request& r) { return history(market, r); });
  router.add("GET", base + "/check", [&](Request& r) { return check(market, r); });
}

}  // namespace mkt
