// Owners of a connector, and who sees it.
#include "common/connector/visibility.h"
#include "common/wire/requests.h"
#include "daemon/http/fields.h"
#include "daemon/http/routes.h"
#include "daemon/service/owners.h"
#include "daemon/service/record_messages.h"
#include "daemon/service/visibility.h"

namespace mkt {
namespace {

struct Named {
  ConnectorId connector;
  PublisherId publisher;
};

Result<Named> named(const Request& request) {
  MKT_TRY(ConnectorId id, ConnectorId::parse(request.path_parameter("id")));
  MKT_TRY(PublisherId publisher, PublisherId::parse(request.path_parameter("publisher")));
  return Named{std::move(id), std::move(publisher)};
}

Result<Response> list(const Marketplace& market, const Caller& caller, const ConnectorId& id) {
  MKT_TRY(const auto owners, list_owners(market, caller, id));
  wire::OwnerListing listing;
  for (const OwnerRecord& o : owners) {
    listing.owners.push_back({o.publisher_id, format_utc(o.added_at)});
  }
  return json_response(200, listing.to_json());
}

Result<Response> put_visibility(const Marketplace& market, Request& request) {
  MKT_TRY(const ConnectorId id, ConnectorId::parse(request.path_parameter("id")));
  MKT_CHECK(require_owner(market, request.caller, id));
  MKT_TRY(const auto body, read_message<wire::VisibilityChange>(request, kMaxSmallBodyBytes));
  MKT_TRY(const auto tenants, parse_visibility(body.visibility));
  MKT_CHECK(set_visibility(market, request.caller, id, tenants));
  return json_response(200, wire::VisibilityInfo{id.text(), visibility_text(tenants)}.to_json());
}

}  // namespace

void add_owner_routes(Router& router, const Marketplace& market) {
  const std::string base = "/v1/connectors/{id}/owners";
  router.section("Owners", "Who may publish a connector, and who sees it.");
  router.add(
      "GET", base,
      Operation("listOwners", "List who may publish a connector").answers<wire::OwnerListing>(),
      [&](Request& r) -> Result<Response> {
        MKT_TRY(const ConnectorId id, ConnectorId::parse(r.path_parameter("id")));
        return list(market, r.caller, id);
      });
  router.add("PUT", base + "/{publisher}",
             Operation("addOwner", "Let another publisher publish a connector")
                 .for_tokens()
                 .answers<wire::OwnerListing>(),
             [&](Request& r) -> Result<Response> {
               MKT_TRY(const Named n, named(r));
               MKT_CHECK(add_owner(market, r.caller, n.connector, n.publisher));
               return list(market, r.caller, n.connector);
             });
  router.add("DELETE", base + "/{publisher}",
             Operation("removeOwner", "Take a connector from one of its owners")
                 .for_tokens()
                 .answers<wire::OwnerListing>(),
             [&](Request& r) -> Result<Response> {
               MKT_TRY(const Named n, named(r));
               MKT_CHECK(remove_owner(market, r.caller, n.connector, n.publisher));
               return list(market, r.caller, n.connector);
             });
  router.add("PUT", "/v1/connectors/{id}/visibility",
             Operation("setVisibility", "Say who sees a connector")
                 .for_tokens()
                 .takes<wire::VisibilityChange>()
                 .answers<wire::VisibilityInfo>(),
             [&](Request& r) { return put_visibility(market, r); });
}

}  // namespace mkt
