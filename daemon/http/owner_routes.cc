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
  MKT_TRY(ConnectorId id, connector_in_path(request));
  MKT_TRY(PublisherId publisher, PublisherId::parse(request.path_parameter("publisher")));
  return Named{std::move(id), std::move(publisher)};
}

Result<Response> listing(const Result<std::vector<OwnerRecord>>& owners) {
  if (!owners) return owners.error();
  wire::OwnerListing message;
  for (const OwnerRecord& o : *owners) {
    message.owners.push_back({o.publisher_id, format_utc(o.added_at)});
  }
  return json_response(200, message.to_json());
}

Result<Response> put_visibility(const Marketplace& market, Request& request) {
  MKT_TRY(const ConnectorId id, connector_in_path(request));
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
        MKT_TRY(const ConnectorId id, connector_in_path(r));
        return listing(list_owners(market, r.caller, id));
      });
  router.add("PUT", base + "/{publisher}",
             Operation("addOwner", "Let another publisher publish a connector")
                 .for_tokens()
                 .answers<wire::OwnerListing>(),
             [&](Request& r) -> Result<Response> {
               MKT_TRY(const Named n, named(r));
               return listing(add_owner(market, r.caller, n.connector, n.publisher));
             });
  router.add("DELETE", base + "/{publisher}",
             Operation("removeOwner", "Take a connector from one of its owners")
                 .for_tokens()
                 .answers<wire::OwnerListing>(),
             [&](Request& r) -> Result<Response> {
               MKT_TRY(const Named n, named(r));
               return listing(remove_owner(market, r.caller, n.connector, n.publisher));
             });
  router.add("PUT", "/v1/connectors/{id}/visibility",
             Operation("setVisibility", "Say who sees a connector")
                 .for_tokens()
                 .takes<wire::VisibilityChange>()
                 .answers<wire::VisibilityInfo>(),
             [&](Request& r) { return put_visibility(market, r); });
}

}  // namespace mkt
