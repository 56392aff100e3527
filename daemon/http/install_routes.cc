// Installs of a tenant: asking for one, listing, updating, uninstalling.
#include <fmt/format.h>

#include "common/wire/requests.h"
#include "daemon/http/fields.h"
#include "daemon/http/rate_limit.h"
#include "daemon/http/routes.h"
#include "daemon/service/installs.h"
#include "daemon/service/record_messages.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxConfigBytes = 16 * 1024;
constexpr std::uint32_t kInstallsPage = 50;
constexpr std::uint32_t kMaxInstallsPage = 500;

// nullopt: as it is.
Result<std::optional<std::string>> config_of(const std::optional<Json>& config) {
  if (!config) return std::optional<std::string>();
  std::string text = config->is_object() ? dump_json(*config) : std::string();
  if (text.empty() || text.size() > kMaxConfigBytes) {
    return Error(ErrorCode::invalid_request,
                 fmt::format("config must be an object of at most {} bytes", kMaxConfigBytes),
                 {{"config", "is no object, or too large"}});
  }
  return std::optional(std::move(text));
}

Result<std::string> version_of(const std::optional<std::string>& text) {
  if (!text || text == "latest") return std::string("latest");
  MKT_TRY(const Version version, Version::parse(*text));
  return version.text();
}

Result<Response> answer(const InstallOutcome& outcome) {
  using Kind = InstallOutcome::Kind;
  wire::InstallOutcomeInfo info;
  info.request_id = outcome.request.id;
  if (outcome.kind == Kind::pending) {
    info.status = "pending";
    info.request = request_message(outcome.request);
    return json_response(202, info.to_json());
  }
  info.status = "installed";
  info.installation = installation_message(*outcome.installation);
  return json_response(outcome.kind == Kind::installed ? 201 : 200, info.to_json());
}

Result<Response> request(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_CHECK(require_member(request.caller, tenant));
  Findings wrong;
  MKT_TRY(const auto body, read_message<wire::InstallWish>(request, kMaxSmallBodyBytes, wrong));
  const auto connector = wrong.take("connectorId", ConnectorId::parse(body.connector_id));
  const auto version = wrong.take("version", version_of(body.version));
  const auto config = wrong.take("config", config_of(body.config));
  MKT_CHECK(wrong.status());
  MKT_TRY(const InstallOutcome outcome,
          request_install(market, request.caller, {tenant, *connector, *version, *config}));
  return answer(outcome);
}

// An update is a wish like any other, for a connector that is there.
Result<Response> update(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_TRY(const ConnectorId connector, ConnectorId::parse(request.path_parameter("connector")));
  MKT_CHECK(require_member(request.caller, tenant));
  MKT_TRY(const auto body, read_message<wire::InstallUpdate>(request, kMaxSmallBodyBytes));
  MKT_TRY(const std::string version, version_of(body.version));
  MKT_TRY(const auto config, config_of(body.config));
  MKT_TRY(const auto found, show_installation(market, request.caller, tenant, connector));
  if (!found.installation) {
    return Error(ErrorCode::installation_not_found,
                 fmt::format("{} has uninstalled {}", tenant.text(), connector.text()));
  }
  MKT_TRY(const InstallOutcome outcome,
          request_install(market, request.caller, {tenant, connector, version, config}));
  return answer(outcome);
}

Result<Response> list_installs(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_TRY(const std::uint64_t limit,
          number_parameter(request.head, "limit", kInstallsPage, 1, kMaxInstallsPage));
  const std::string after(request.head.parameter("after").value_or(""));
  MKT_TRY(auto installations, list_installations(market, request.caller, tenant, after,
                                                 static_cast<std::uint32_t>(limit + 1)));
  const bool has_more = installations.size() > limit;
  if (has_more) installations.pop_back();
  wire::InstallationListing listing;
  for (const auto& i : installations) listing.installations.push_back(installation_message(i));
  listing.has_more = has_more;
  return json_response(200, listing.to_json());
}

Result<Response> show_install(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_TRY(const ConnectorId connector, ConnectorId::parse(request.path_parameter("connector")));
  MKT_TRY(const auto found, show_installation(market, request.caller, tenant, connector));
  wire::InstallationHistoryInfo info;
  if (found.installation) info.installation = installation_message(*found.installation);
  for (const auto& event : found.history) info.history.push_back(event_message(event));
  return json_response(200, info.to_json());
}

Result<Response> uninstall(const Marketplace& market, Request& request) {
  MKT_TRY(const TenantId tenant, TenantId::parse(request.path_parameter("tenant")));
  MKT_TRY(const ConnectorId connector, ConnectorId::parse(request.path_parameter("connector")));
  MKT_TRY(const auto was, uninstall(market, request.caller, tenant, connector));
  return json_response(200, wire::UninstalledInfo{installation_message(was)}.to_json());
}

}  // namespace

void add_install_routes(Router& router, const Marketplace& market, RateLimiter& limiter) {
  const auto counted = [&](Handler handler) {
    return limited(limiter, LimitScope::install, installing_subject, std::move(handler));
  };
  const std::string base = "/v1/tenants/{tenant}/installs";
  router.section("Installs", "What tenants install.");
  router.add("POST", base,
             Operation("requestInstall", "Ask for an install; it is done where the policy allows")
                 .for_tokens()
                 .takes<wire::InstallWish>()
                 .answers<wire::InstallOutcomeInfo>(200)
                 .answers<wire::InstallOutcomeInfo>(201)
                 .answers<wire::InstallOutcomeInfo>(202),
             counted([&](Request& r) { return request(market, r); }));
  router.add("GET", base,
             Operation("listInstallations", "List what a tenant has installed")
                 .for_tokens()
                 .query("limit", "How many, 1 to 500; 50 by default.", "integer")
                 .query("after", "The last connector of the page before.")
                 .answers<wire::InstallationListing>(),
             [&](Request& r) { return list_installs(market, r); });
  router.add("GET", base + "/{connector}",
             Operation("showInstallation", "Show an installation and its history")
                 .for_tokens()
                 .answers<wire::InstallationHistoryInfo>(),
             [&](Request& r) { return show_install(market, r); });
  router.add("PATCH", base + "/{connector}",
             Operation("updateInstallation", "Ask for another version or configuration")
                 .for_tokens()
                 .takes<wire::InstallUpdate>()
                 .answers<wire::InstallOutcomeInfo>(200)
                 .answers<wire::InstallOutcomeInfo>(201)
                 .answers<wire::InstallOutcomeInfo>(202),
             counted([&](Request& r) { return update(market, r); }));
  router.add(
      "DELETE", base + "/{connector}",
      Operation("uninstall", "Uninstall a connector").for_tokens().answers<wire::UninstalledInfo>(),
      [&](Request& r) { return uninstall(market, r); });
}

}  // namespace mkt
