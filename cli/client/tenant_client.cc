#include "cli/client/tenant_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/url.h"

namespace mkt {
namespace {

constexpr const char* kPending = "pending";
constexpr unsigned kPage = 100;

}  // namespace

using wire::InstallRequestInfo;

std::string TenantClient::request_path(const std::string& id, const char* act) const {
  return fmt::format("{}/install-requests/{}{}", base_, percent_encode(id), act);
}

Result<wire::InstallOutcomeInfo> TenantClient::request_install(const ConnectorId& id,
                                                               const Version& version) {
  return registry_.send<wire::InstallOutcomeInfo>("POST", base_ + "/installs",
                                                  wire::InstallWish{id.text(), version.text(), {}});
}

Result<wire::InstallationInfo> TenantClient::uninstall(const ConnectorId& id) {
  MKT_TRY(wire::UninstalledInfo info,
          registry_.send<wire::UninstalledInfo>("DELETE", base_ + "/installs/" + id.text()));
  return std::move(info.uninstalled);
}

Result<wire::InstallRequestListing> TenantClient::requests(const RequestListOptions& o) {
  std::string path = fmt::format("{}/install-requests?limit={}", base_, o.limit);
  if (!o.status.empty()) path += "&status=" + percent_encode(o.status);
  if (!o.connector.empty()) path += "&connector=" + percent_encode(o.connector);
  if (o.before > 0) path += fmt::format("&before={}", o.before);
  MKT_TRY(wire::InstallRequestListing page, registry_.get<wire::InstallRequestListing>(path));
  // Page after page must come to an end, whatever the registry says.
  if (page.next && (*page.next <= 0 || (o.before > 0 && *page.next >= o.before))) {
    return Error(ErrorCode::invalid_json,
                 "the registry's answer is not of the protocol: next does not decrease");
  }
  return page;
}

Result<InstallRequestInfo> TenantClient::request(const std::string& id) {
  return registry_.get<InstallRequestInfo>(request_path(id));
}

Result<InstallRequestInfo> TenantClient::approve(const std::string& id,
                                                 const wire::Approval& approval) {
  return registry_.send<InstallRequestInfo>("POST", request_path(id, "/approve"), approval);
}

Result<InstallRequestInfo> TenantClient::deny(const std::string& id, const std::string& reason) {
  return registry_.send<InstallRequestInfo>("POST", request_path(id, "/deny"),
                                            wire::Denial{reason});
}

Result<InstallRequestInfo> TenantClient::cancel(const std::string& id) {
  return registry_.send<InstallRequestInfo>("POST", request_path(id, "/cancel"));
}

Result<wire::PolicyInfo> TenantClient::policy() {
  return registry_.get<wire::PolicyInfo>(base_ + "/policy");
}

Result<wire::PolicyHistoryInfo> TenantClient::policy_history() {
  return registry_.get<wire::PolicyHistoryInfo>(base_ + "/policy/history");
}

Result<wire::PolicyInfo> TenantClient::set_policy(const Policy& policy, std::int64_t revision) {
  return registry_.send<wire::PolicyInfo>("PUT", base_ + "/policy",
                                          wire::PolicyChange{policy.to_json(), revision});
}

Result<wire::PolicyCheckInfo> TenantClient::check_policy(const ConnectorId& id,
                                                         const std::string& which) {
  return registry_.get<wire::PolicyCheckInfo>(fmt::format("{}/policy/check?connector={}&version={}",
                                                          base_, id.text(), percent_encode(which)));
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
