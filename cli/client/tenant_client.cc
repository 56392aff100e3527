// A tenant's calls; see tenant_client.h.
#include "cli/client/tenant_client.h"

#include <fmt/format.h>

#include <algorithm>

namespace mkt {
namespace {

constexpr const char* kPending = "pending";
constexpr unsigned kPage = 100;

}  // namespace

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
  // Page after page must come to an end, whatever the registry says.
  if (page.next && (*page.next <= 0 || (o.before > 0 && *page.next >= o.before))) {
    return Error(ErrorCode::invalid_json,
                 "the registry's answer is not of the protocol: next does not decrease");
  }
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

Result<std::vector<InstallRequestInfo>> RequestFeed::next() {
  MKT_CHECK(look_at_pending());
  MKT_CHECK(look_at_newest());
  MKT_CHECK(look_at_decided());
  ++look_;
  std::stable_sort(news_.begin(), news_.end(), [](const auto& a, const auto& b) {
    return a.requested_at < b.requested_at;  // RFC 3339 in UTC sorts as text
  });
  return std::exchange(news_, {});
}

void RequestFeed::take(const InstallRequestInfo& r) {
  const auto known = known_.try_emplace(r.id, Known{"", 0, look_}).first;
  if (known->second.status == r.status && known->second.approvals == r.approvals.size()) return;
  known->second.status = r.status;
  known->second.approvals = r.approvals.size();
  // What was over before anybody looked is no news.
  if (look_ > 1 || r.status == kPending) news_.push_back(r);
}

Status RequestFeed::look_at_pending() {
  pending_now_.clear();
  RequestListOptions options{kPending, "", 0, kPage};
  do {
    MKT_TRY(const auto page, tenant_.requests(options));
    for (const InstallRequestInfo& r : page.requests) {
      pending_now_.insert(r.id);
      take(r);
    }
    options.before = page.next.value_or(0);
  } while (options.before > 0);
  return {};
}

// What was asked for since the last look, decided or not: down to what was known then.
Status RequestFeed::look_at_newest() {
  RequestListOptions options{"", "", 0, kPage};
  do {
    MKT_TRY(const auto page, tenant_.requests(options));
    options.before = look_ > 1 ? page.next.value_or(0) : 0;
    for (const InstallRequestInfo& r : page.requests) {
      const auto known = known_.find(r.id);
      if (known != known_.end() && known->second.since < look_) options.before = 0;
      take(r);
    }
  } while (options.before > 0);
  return {};
}

Status RequestFeed::look_at_decided() {
  std::vector<std::string> gone;
  for (const auto& [id, known] : known_) {
    if (known.status == kPending && pending_now_.count(id) == 0) gone.push_back(id);
  }
  for (const std::string& id : gone) {
    const auto r = tenant_.request(id);
    if (!r && r.error().code != ErrorCode::request_not_found) return r.error();
    if (r) {
      take(*r);
    } else {
      known_.erase(id);
    }
  }
  return {};
}

}  // namespace mkt
