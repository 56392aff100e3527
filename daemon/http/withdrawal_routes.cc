// Taking a version out of reach: quarantine and its end, withdrawal; and which versions need a
// connector.
#include "common/wire/requests.h"
#include "common/wire/withdrawal_messages.h"
#include "daemon/http/fields.h"
#include "daemon/http/routes.h"
#include "daemon/service/catalog.h"
#include "daemon/service/owners.h"
#include "daemon/service/record_messages.h"
#include "daemon/service/withdraw.h"

namespace mkt {
namespace {

constexpr std::uint32_t kDependantVersions = 5;  // of one connector

Result<Response> quarantine(const Marketplace& market, Request& request) {
  MKT_CHECK(require_admin(request.caller));
  MKT_TRY(const NamedVersion n, version_in_path(request));
  MKT_TRY(const auto body, read_message<wire::QuarantineChange>(request, kMaxSmallBodyBytes));
  MKT_TRY(const TakenOut out,
          quarantine_version(market, request.caller, n.id, n.version, body.reason));
  return json_response(200, taken_out_message(out).to_json());
}

Result<Response> release(const Marketplace& market, Request& request) {
  MKT_CHECK(require_admin(request.caller));
  MKT_TRY(const NamedVersion n, version_in_path(request));
  MKT_TRY(const auto body, read_message<wire::QuarantineChange>(request, kMaxSmallBodyBytes));
  MKT_TRY(const VersionRecord v,
          release_version(market, request.caller, n.id, n.version, body.reason));
  return json_response(200, version_message(v).to_json());
}

Result<Response> withdraw(const Marketplace& market, Request& request) {
  MKT_TRY(const NamedVersion n, version_in_path(request));
  MKT_CHECK(require_owner(market, request.caller, n.id));
  MKT_TRY(auto body, read_message<wire::WithdrawalWish>(request, kMaxSmallBodyBytes));
  MKT_TRY(const TakenOut out,
          withdraw_version(market, request.caller,
                           {n.id, n.version, std::move(body.reason_code), std::move(body.reason),
                            body.dry_run.value_or(false)}));
  return json_response(200, taken_out_message(out).to_json());
}

Result<Response> dependants(const Marketplace& market, const Request& request) {
  MKT_TRY(const ConnectorId id, connector_in_path(request));
  MKT_TRY(const auto found, list_dependants(market, request.caller, id, kDependantVersions));
  return json_response(200, wire::DependantListing{dependant_messages(found)}.to_json());
}

}  // namespace

void add_withdrawal_routes(Router& router, const Marketplace& market) {
  const std::string version = "/v1/connectors/{id}/{version}";
  router.section("Withdrawal", "Versions that are no longer given out, and who needs them.");
  router.add("POST", version + "/quarantine",
             Operation("quarantine", "Put a version into quarantine")
                 .for_tokens()
                 .takes<wire::QuarantineChange>()
                 .answers<wire::TakenOutInfo>(),
             [&](Request& r) { return quarantine(market, r); });
  router.add("POST", version + "/release",
             Operation("release", "Take a version out of the quarantine that an admin put it into")
                 .for_tokens()
                 .takes<wire::QuarantineChange>()
                 .answers<wire::VersionInfo>(),
             [&](Request& r) { return release(market, r); });
  router.add("POST", version + "/withdraw",
             Operation("withdraw", "Withdraw a version for ever; its bytes are removed")
                 .for_tokens()
                 .takes<wire::WithdrawalWish>()
                 .answers<wire::TakenOutInfo>(),
             [&](Request& r) { return withdraw(market, r); });
  router.add("GET", "/v1/connectors/{id}/dependants",
             Operation("listDependants", "List versions that need a connector, newest first")
                 .answers<wire::DependantListing>(),
             [&](Request& r) { return dependants(market, r); });
}

}  // namespace mkt
