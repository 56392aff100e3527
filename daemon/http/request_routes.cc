// Install requests: what waits, and what approvers say to it.
#include <limits>

#include "common/wire/requests.h"
#include "daemon/http/fields.h"
#include "daemon/http/routes.h"
#include "daemon/service/approvals.h"
#include "daemon/service/installs.h"
#include "daemon/service/record_messages.h"

namespace mkt {
namespace {

constexpr std::uint32_t kRequestsPage = 50;
constexpr std::uint32_t kMaxRequestsPage = 500;

Result<std::optional<RequestStatus>> status_parameter(const RequestHead& head) {
  const std::string_view word = head.parameter("status").value_or("");
  if (word.empty()) return std::optional<RequestStatus>();
  if (const auto status = parse_request_status(word)) return status;
  return Error(ErrorCode::invalid_request,
               "status must be pending, approved, denied, expired or cancelled");
}

wire::InstallRequestInfo current_message(const Marketplace& market, InstallRequestRecord r) {
  r.status = status_at(r, market.now());
  return request_message(r);
}

Result<Response> list_requests(const Marketplace& market, Request& request) {
  InstallRequestQuery query;
  query.tenant_id = request.path_parameter("tenant");
  MKT_TRY(query.status, status_parameter(request.head));
  query.connector_id = request.head.parameter("connector").value_or("");
  MKT_TRY(const std::uint64_t limit,
          number_parameter(request.head, "limit", kRequestsPage, 1, kMaxRequestsPage));
  MKT_TRY(const std::uint64_t before,
          number_parameter(request.head, "before", 0, 0, std::numeric_limits<std::int64_t>::max()));
  if (before > 0) query.before = static_cast<std::int64_t>(before);
  query.limit = static_cast<std::uint32_t>(limit + 1);
  MKT_TRY(auto requests, list_requests(market, request.caller, query));
  const bool has_more = requests.size() > limit;
  if (has_more) requests.pop_back();
  wire::InstallRequestListing listing;
  for (const auto& r : requests) listing.requests.push_back(current_message(market, r));
  listing.has_more = has_more;
  if (has_more) listing.next = requests.back().num;
  return json_response(200, listing.to_json());
}

// The message with what an approver should know.
Result<Response> reviewed(const Marketplace& market, const Caller& caller,
                          const InstallRequestRecord& r) {
  wire::InstallRequestInfo info = current_message(market, r);
  MKT_TRY(const RequestReview review, review_request(market, caller, r));
  info.review = review_message(review, market.now());
  return json_response(200, info.to_json());
}

Result<Response> show_request(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_TRY(const InstallRequestRecord r,
          show_request(market, request.caller, tenant, request.path_parameter("id")));
  return reviewed(market, request.caller, r);
}

Result<std::optional<ApprovalSignature>> signature_of(const wire::Approval& approval) {
  if (!approval.signature) return std::optional<ApprovalSignature>();
  MKT_TRY(const KeyId key_id, KeyId::parse(approval.signature->key_id));
  const auto signature = parse_signature(approval.signature->signature);
  if (!signature) {
    return Error(ErrorCode::signature_malformed, "signature.signature is not base64 of 64 bytes");
  }
  return std::optional(ApprovalSignature{key_id, *signature});
}

Result<Response> approve(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  std::optional<ApprovalSignature> signature;
  if (request.body.length() > 0) {
    MKT_TRY(const auto body, read_message<wire::Approval>(request, kMaxSmallBodyBytes));
    MKT_TRY(signature, signature_of(body));
  }
  MKT_TRY(const InstallRequestRecord r,
          approve_request(market, request.caller, tenant, request.path_parameter("id"), signature));
  return json_response(200, current_message(market, r).to_json());
}

Result<Response> deny(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_TRY(const auto body, read_message<wire::Denial>(request, kMaxSmallBodyBytes));
  MKT_TRY(const InstallRequestRecord r,
          deny_request(market, request.caller, tenant, request.path_parameter("id"), body.reason));
  return json_response(200, current_message(market, r).to_json());
}

Result<Response> cancel(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_TRY(const InstallRequestRecord r,
          cancel_request(market, request.caller, tenant, request.path_parameter("id")));
  return json_response(200, current_message(market, r).to_json());
}

}  // namespace

void add_request_routes(Router& router, const Marketplace& market) {
  const std::string base = "/v1/tenants/{tenant}/install-requests";
  router.section("Install requests", "What waits for an approval, and what approvers say to it.");
  router.add("GET", base,
             Operation("listInstallRequests", "List a tenant's install requests, newest first")
                 .for_tokens()
                 .query("status", "Only those: pending, approved, denied, expired or cancelled.")
                 .query("connector", "Only those of a connector.")
                 .query("limit", "How many, 1 to 500; 50 by default.", "integer")
                 .query("before", "`next` of the page before.", "integer")
                 .answers<wire::InstallRequestListing>(),
             [&](Request& r) { return list_requests(market, r); });
  router.add("GET", base + "/{id}",
             Operation("showInstallRequest", "Show a request and what an approver should know")
                 .for_tokens()
                 .answers<wire::InstallRequestInfo>(),
             [&](Request& r) { return show_request(market, r); });
  router.add("POST", base + "/{id}/approve",
             Operation("approveInstallRequest", "Say yes to a request")
                 .for_tokens()
                 .may_take<wire::Approval>()
                 .answers<wire::InstallRequestInfo>(),
             [&](Request& r) { return approve(market, r); });
  router.add("POST", base + "/{id}/deny",
             Operation("denyInstallRequest", "Say no to a request")
                 .for_tokens()
                 .takes<wire::Denial>()
                 .answers<wire::InstallRequestInfo>(),
             [&](Request& r) { return deny(market, r); });
  router.add("POST", base + "/{id}/cancel",
             Operation("cancelInstallRequest", "Take a request back")
                 .for_tokens()
                 .answers<wire::InstallRequestInfo>(),
             [&](Request& r) { return cancel(market, r); });
}

}  // namespace mkt
