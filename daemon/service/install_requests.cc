#include "daemon/service/install_requests.h"

#include <fmt/format.h>

#include "daemon/rules/key_rules.h"
#include "daemon/rules/visibility.h"
#include "daemon/service/catalog.h"

namespace mkt {

Result<Wanted> wanted_version(const Records& records, std::string_view tenant_id,
                              std::string_view connector_id, std::string_view version, Hold hold) {
  auto found = records.catalog().version_with_publisher(connector_id, version, hold);
  if (!found) return no_version(connector_id, version);
  if (!is_visible_to(found->version.visible_to, tenant_id)) {
    return no_version(connector_id, version);
  }
  if (!found->publisher) return no_publisher(found->version.published_by);
  MKT_CHECK(may_install(found->version, *found->publisher));
  return Wanted{std::move(found->version), std::move(*found->publisher)};
}

Decision decide_now(const Records& records, const Policy& policy, const Wanted& wanted,
                    std::string_view tenant_id) {
  const std::string& connector_id = wanted.version.connector_id;
  const auto last = records.installations().last_version(tenant_id, connector_id);
  std::optional<VersionRecord> installed;
  // Fixed: only its capabilities and policy classes are used, which come from its manifest.
  if (last) installed = records.catalog().version_head(connector_id, *last, Hold::fixed);
  return decide(policy, {wanted.version, wanted.publisher, installed ? &*installed : nullptr});
}

Error policy_denies(std::string_view tenant_id, const VersionRecord& version,
                    const Decision& decision) {
  return Error(
      ErrorCode::policy_denied,
      fmt::format("the policy of {} does not allow {}@{}: {} ({})", tenant_id, version.connector_id,
                  version.version, decision.explanation, decision.rule),
      {{decision.rule, decision.explanation}});
}

Result<InstallRequestRecord> require_request(const Records& records, std::string_view tenant_id,
                                             std::string_view id) {
  auto found = records.requests().find(id);
  if (found && found->tenant_id == tenant_id) return std::move(*found);
  return Error(ErrorCode::request_not_found,
               fmt::format("{} has no install request {}", tenant_id, id.substr(0, 64)));
}

Error already_decided(const InstallRequestRecord& r) {
  return Error(ErrorCode::request_decided,
               fmt::format("the request {} was {} on {} by {}", r.id, request_status_name(r.status),
                           format_utc(r.decided_at.value_or(r.requested_at)), r.decided_by));
}

void end_request(Change& change, InstallRequestRecord& r, RequestStatus status,
                 std::string_view decided_by, std::string_view reason) {
  r.status = status;
  r.decided_at = change.at();
  r.decided_by = decided_by;
  r.reason = reason;
  change.records().requests().decide(r);
}

void deny_request(Change& change, InstallRequestRecord& r, std::string_view reason) {
  end_request(change, r, RequestStatus::denied, kSystem.who, reason);
  log_denial(change, r);
}

void deny_taken_out(Change& change, InstallRequestRecord& r, const VersionRecord& v,
                    const std::string& reason) {
  const bool sees = is_visible_to(v.visible_to, r.tenant_id);
  deny_request(change, r, sees ? reason : no_version(v.connector_id, v.version).message);
}

// Member by member: a list of pairs would first become an array, and every install calls this.
Json request_document(const InstallRequestRecord& r) {
  Json document = Json::object();
  document.emplace("tenant", r.tenant_id);
  document.emplace("request", r.id);
  document.emplace("connector", r.connector_id);
  document.emplace("version", r.version);
  return document;
}

void log_denial(Change& change, const InstallRequestRecord& r) {
  Json document = request_document(r);
  document["reason"] = r.reason;
  change.log("request.deny", r.id, document);
}

InstallationRecord put_installation(Change& change, const InstallRequestRecord& r,
                                    const std::optional<InstallationRecord>& before) {
  Installations& installations = change.records().installations();
  const UtcTime at = change.at();
  InstallationRecord i{r.tenant_id, r.connector_id, r.version, r.checksum, r.config,
                       r.id,        r.requested_by, at,        at};
  if (before) i.installed_at = before->installed_at;
  installations.put(i);
  installations.add_event(i.tenant_id, i.connector_id,
                          {before ? "update" : "install", i.version, before ? before->version : "",
                           i.request_id, change.actor().who, at});
  change.log(before ? "installation.update" : "installation.add",
             fmt::format("{}/{}", i.tenant_id, i.connector_id), request_document(r));
  return i;
}

}  // namespace mkt
