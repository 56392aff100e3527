// A tenant's calls; see tenant_client.h.
#include "cli/client/tenant_client.h"

#include <fmt/format.h>

namespace mkt {

using wire::InstallRequestInfo;

std::string TenantClient::request_path(const std::string& id, const char* act) const {
  return fmt::format("{}/install-requests/{}{}", base_, url_encode(id), act);
}

Result<wire::InstallOutcomeInfo> TenantClient::request_install(const ConnectorId& id,
                                                               const Version& version) {
  MKT_TRY(const Json json,
          registry_.send("POST", base_ + "/installs",
                         Json{{"connectorId", id.text()}, {"version", version.text()}}));
  return wire::InstallOutcomeInfo::parse(json);
}

Result<wire::InstallationInfo> TenantClient::uninstall(const ConnectorId& id) {
  MKT_TRY(const Json json, registry_.send("DELETE", base_ + "/installs/" + id.text(), {}));
  const auto was = json.find("uninstalled");
  return wire::InstallationInfo::parse(was == json.end() ? Json() : *was);
}

Result<TenantClient::RequestPage> TenantClient::requests(const RequestListOptions& o) {
  std::string path = fmt::format("{}/install-requests?limit={}", base_, o.limit);
  if (!o.status.empty()) path += "&status=" + url_encode(o.status);
  if (!o.connector.empty()) path += "&connector=" + url_encode(o.connector);
  if (o.before > 0) path += fmt::format("&before={}", o.before);
  MKT_TRY(const Json json, registry_.get(path));
  RequestPage page;
  const auto all = json.find("requests");
  if (all == json.end() || !all->is_array()) {
    return Error(ErrorCode::invalid_json,
                 "the registry's answer is not of the protocol: requests is missing");
  }
  for (const Json& one : *all) {
    MKT_TRY(InstallRequestInfo request, InstallRequestInfo::parse(one));
    page.requests.push_back(std::move(request));
  }
  page.next = number_member(json, "next");
  return page;
}

Result<InstallRequestInfo> TenantClient::request(const std::string& id) {
  MKT_TRY(const Json json, registry_.get(request_path(id)));
  return InstallRequestInfo::parse(json);
}

Result<InstallRequestInfo> TenantClient::approve(const std::string& id,
                                                 const std::optional<Json>& signature) {
  Json body = Json::object();
  if (signature) body["signature"] = *signature;
  MKT_TRY(const Json json, registry_.send("POST", request_path(id, "/approve"), body));
  return InstallRequestInfo::parse(json);
}

Result<InstallRequestInfo> TenantClient::deny(const std::string& id, const std::string& reason) {
  MKT_TRY(const Json json,
          registry_.send("POST", request_path(id, "/deny"), Json{{"reason", reason}}));
  return InstallRequestInfo::parse(json);
}

Result<InstallRequestInfo> TenantClient::cancel(const std::string& id) {
  MKT_TRY(const Json json, registry_.send("POST", request_path(id, "/cancel"), Json::object()));
  return InstallRequestInfo::parse(json);
}

Result<Json> TenantClient::policy() { return registry_.get(base_ + "/policy"); }

Result<Json> TenantClient::policy_history() { return registry_.get(base_ + "/policy/history"); }

Result<Json> TenantClient::set_policy(const Json& policy, std::optional<std::int64_t> revision) {
  Json body{{"policy", policy}};
  if (revision) body["revision"] = *revision;
  return registry_.send("PUT", base_ + "/policy", body);
}

Result<Json> TenantClient::check_policy(const ConnectorId& id, const std::string& which) {
  return registry_.get(
      fmt::format("{}/policy/check?connector={}&version={}", base_, id.text(), url_encode(which)));
}

}  // namespace mkt
