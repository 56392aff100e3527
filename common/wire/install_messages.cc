// JSON of the messages; see install_messages.h.
#include "common/wire/install_messages.h"

#include "common/wire/reader.h"

namespace mkt::wire {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json member_or_null(const Reader& reader, const char* name) {
  const Json* value = reader.find(name);
  return value == nullptr ? Json() : *value;
}

}  // namespace

Json ApprovalInfo::to_json() const {
  return {{"approver", approver},
          {"approvedAt", approved_at},
          {"keyId", text_or_null(key_id)},
          {"signature", text_or_null(signature)}};
}

Result<ApprovalInfo> ApprovalInfo::parse(const Json& json) {
  Reader r(json);
  return r.result(ApprovalInfo{r.text("approver"), r.text("approvedAt"), r.text_or_empty("keyId"),
                               r.text_or_empty("signature")});
}

Json InstallRequestInfo::to_json() const {
  ObjectBuilder json(20);
  json.add("id", id)
      .add("idempotencyKey", idempotency_key)
      .add("tenantId", tenant_id)
      .add("connectorId", connector_id)
      .add("version", version)
      .add("checksum", checksum)
      .add("status", status)
      .add("requestedBy", requested_by)
      .add("requestedAt", requested_at)
      .add("expiresAt", expires_at)
      .add("minApprovals", min_approvals)
      .add("allowSelfApproval", allow_self_approval)
      .add("rule", text_or_null(rule))
      .add("explanation", explanation)
      .add("decidedAt", or_null(decided_at))
      .add("decidedBy", text_or_null(decided_by))
      .add("reason", text_or_null(reason))
      .add("approvals", list_of(approvals));
  if (!config.is_null()) json.add("config", config);
  if (review) json.add("review", *review);
  return json.build();
}

Result<InstallRequestInfo> InstallRequestInfo::parse(const Json& json) {
  Reader r(json);
  InstallRequestInfo m;
  m.id = r.text("id");
  m.idempotency_key = r.text_or_empty("idempotencyKey");
  m.tenant_id = r.text("tenantId");
  m.connector_id = r.text("connectorId");
  m.version = r.text("version");
  m.checksum = r.text("checksum");
  m.config = member_or_null(r, "config");
  m.status = r.text("status");
  m.requested_by = r.text("requestedBy");
  m.requested_at = r.text("requestedAt");
  m.expires_at = r.text("expiresAt");
  m.min_approvals = r.number<std::int64_t>("minApprovals");
  m.allow_self_approval = r.flag("allowSelfApproval");
  m.rule = r.text_or_empty("rule");
  m.explanation = r.text_or_empty("explanation");
  m.decided_at = r.optional_text("decidedAt");
  m.decided_by = r.text_or_empty("decidedBy");
  m.reason = r.text_or_empty("reason");
  m.approvals = r.messages<ApprovalInfo>("approvals", false);
  if (const Json* review = r.find("review"); review != nullptr) m.review = *review;
  return r.result(std::move(m));
}

Json InstallationInfo::to_json() const {
  ObjectBuilder json(9);
  json.add("tenantId", tenant_id)
      .add("connectorId", connector_id)
      .add("version", version)
      .add("checksum", checksum)
      .add("requestId", request_id)
      .add("installedBy", installed_by)
      .add("installedAt", installed_at)
      .add("updatedAt", updated_at);
  if (!config.is_null()) json.add("config", config);
  return json.build();
}

Result<InstallationInfo> InstallationInfo::parse(const Json& json) {
  Reader r(json);
  InstallationInfo m;
  m.tenant_id = r.text("tenantId");
  m.connector_id = r.text("connectorId");
  m.version = r.text("version");
  m.checksum = r.text("checksum");
  m.config = member_or_null(r, "config");
  m.request_id = r.text("requestId");
  m.installed_by = r.text("installedBy");
  m.installed_at = r.text("installedAt");
  m.updated_at = r.text("updatedAt");
  return r.result(std::move(m));
}

Json InstallationEventInfo::to_json() const {
  return {{"action", action},
          {"version", version},
          {"previousVersion", text_or_null(previous_version)},
          {"requestId", request_id},
          {"actor", actor},
          {"at", at}};
}

Result<InstallationEventInfo> InstallationEventInfo::parse(const Json& json) {
  Reader r(json);
  return r.result(InstallationEventInfo{r.text("action"), r.text("version"),
                                        r.text_or_empty("previousVersion"), r.text("requestId"),
                                        r.text("actor"), r.text("at")});
}

Json InstallOutcomeInfo::to_json() const {
  ObjectBuilder json(3);
  json.add("status", status).add("requestId", request_id);
  if (request) json.add("request", request->to_json());
  if (installation) json.add("installation", installation->to_json());
  return json.build();
}

Result<InstallOutcomeInfo> InstallOutcomeInfo::parse(const Json& json) {
  Reader r(json);
  InstallOutcomeInfo m;
  m.status = r.text("status");
  m.request_id = r.text("requestId");
  if (const Json* request = r.find("request")) {
    MKT_TRY(m.request, InstallRequestInfo::parse(*request));
  }
  if (const Json* installation = r.find("installation")) {
    MKT_TRY(m.installation, InstallationInfo::parse(*installation));
  }
  return r.result(std::move(m));
}

}  // namespace mkt::wire
