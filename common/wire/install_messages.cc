#include "common/wire/install_messages.h"

#include <array>

#include "common/wire/message_functions.h"

namespace mkt::wire {
namespace {

constexpr auto kRequestStatuses =
    std::to_array<std::string_view>({"pending", "approved", "denied", "expired", "cancelled"});
constexpr auto kPolicyClasses =
    std::to_array<std::string_view>({"READ", "WRITE_NON_DESTRUCTIVE", "DESTRUCTIVE"});
constexpr auto kEvents = std::to_array<std::string_view>({"install", "update", "uninstall"});
constexpr auto kOutcomes = std::to_array<std::string_view>({"installed", "pending"});

}  // namespace

template <typename Visitor>
void ApprovalInfo::members(Visitor& m) {
  m.always("approver", &ApprovalInfo::approver);
  m.always("approvedAt", &ApprovalInfo::approved_at, kTime);
  m.or_null("keyId", &ApprovalInfo::key_id);
  m.or_null("signature", &ApprovalInfo::signature,
            Shape().saying("Base64; mkt-signature(5) says what is signed."));
}

template <typename Visitor>
void ToolInfo::members(Visitor& m) {
  m.always("name", &ToolInfo::name);
  m.usually("policyClass", &ToolInfo::policy_class, one_of(kPolicyClasses));
}

template <typename Visitor>
void PowersInfo::members(Visitor& m) {
  m.usually("capabilities", &PowersInfo::capabilities);
  m.usually("tools", &PowersInfo::tools);
}

template <typename Visitor>
void ReviewedPublisherInfo::members(Visitor& m) {
  m.always("id", &ReviewedPublisherInfo::id);
  m.usually("displayName", &ReviewedPublisherInfo::display_name);
  m.usually("verified", &ReviewedPublisherInfo::verified);
  m.usually("status", &ReviewedPublisherInfo::status);
}

template <typename Visitor>
void ReviewedKeyInfo::members(Visitor& m) {
  m.always("keyId", &ReviewedKeyInfo::key_id);
  m.usually("status", &ReviewedKeyInfo::status);
}

template <typename Visitor>
void ObstacleInfo::members(Visitor& m) {
  m.always("code", &ObstacleInfo::code);
  m.always("message", &ObstacleInfo::message);
}

template <typename Visitor>
void ReviewInfo::members(Visitor& m) {
  PowersInfo::members(m);
  m.or_null("installedVersion", &ReviewInfo::installed_version);
  m.usually("added", &ReviewInfo::added);
  m.usually("removed", &ReviewInfo::removed);
  m.usually("publisher", &ReviewInfo::publisher);
  m.usually("key", &ReviewInfo::key);
  m.usually("size", &ReviewInfo::size, Shape().saying("Bytes."));
  m.usually("deprecated", &ReviewInfo::deprecated);
  m.usually("quarantined", &ReviewInfo::quarantined);
  m.or_null("obstacle", &ReviewInfo::obstacle, Shape().saying("Why an approval would be refused."));
}

template <typename Visitor>
void InstallRequestInfo::members(Visitor& m) {
  m.always("id", &InstallRequestInfo::id);
  m.usually("idempotencyKey", &InstallRequestInfo::idempotency_key);
  m.always("tenantId", &InstallRequestInfo::tenant_id);
  m.always("connectorId", &InstallRequestInfo::connector_id);
  m.always("version", &InstallRequestInfo::version);
  m.always("checksum", &InstallRequestInfo::checksum, kChecksum);
  m.always("status", &InstallRequestInfo::status, one_of(kRequestStatuses));
  m.always("requestedBy", &InstallRequestInfo::requested_by);
  m.always("requestedAt", &InstallRequestInfo::requested_at, kTime);
  m.always("expiresAt", &InstallRequestInfo::expires_at, kTime);
  m.always("minApprovals", &InstallRequestInfo::min_approvals);
  m.usually("allowSelfApproval", &InstallRequestInfo::allow_self_approval);
  m.or_null("rule", &InstallRequestInfo::rule,
            Shape().saying("The setting of the policy that asks for approval."));
  m.usually("explanation", &InstallRequestInfo::explanation);
  m.or_null("decidedAt", &InstallRequestInfo::decided_at, kTime);
  m.or_null("decidedBy", &InstallRequestInfo::decided_by);
  m.or_null("reason", &InstallRequestInfo::reason);
  m.usually("approvals", &InstallRequestInfo::approvals);
  m.if_any("config", &InstallRequestInfo::config);
  m.if_any("review", &InstallRequestInfo::review);
}

template <typename Visitor>
void InstallRequestListing::members(Visitor& m) {
  m.always("requests", &InstallRequestListing::requests, Shape().saying("Newest first."));
  m.usually("hasMore", &InstallRequestListing::has_more);
  m.or_null("next", &InstallRequestListing::next, Shape().saying("`before` of the next page."));
}

template <typename Visitor>
void InstallationInfo::members(Visitor& m) {
  m.always("tenantId", &InstallationInfo::tenant_id);
  m.always("connectorId", &InstallationInfo::connector_id);
  m.always("version", &InstallationInfo::version);
  m.always("checksum", &InstallationInfo::checksum, kChecksum);
  m.always("requestId", &InstallationInfo::request_id);
  m.always("installedBy", &InstallationInfo::installed_by);
  m.always("installedAt", &InstallationInfo::installed_at, kTime);
  m.always("updatedAt", &InstallationInfo::updated_at, kTime);
  m.if_any("config", &InstallationInfo::config);
}

template <typename Visitor>
void InstallationListing::members(Visitor& m) {
  m.always("installations", &InstallationListing::installations,
           Shape().saying("By connector; `after` the last one is the next page."));
  m.usually("hasMore", &InstallationListing::has_more);
}

template <typename Visitor>
void InstallationEventInfo::members(Visitor& m) {
  m.always("action", &InstallationEventInfo::action, one_of(kEvents));
  m.always("version", &InstallationEventInfo::version);
  m.or_null("previousVersion", &InstallationEventInfo::previous_version);
  m.always("requestId", &InstallationEventInfo::request_id);
  m.always("actor", &InstallationEventInfo::actor);
  m.always("at", &InstallationEventInfo::at, kTime);
}

template <typename Visitor>
void InstallationHistoryInfo::members(Visitor& m) {
  m.or_null("installation", &InstallationHistoryInfo::installation);
  m.usually("history", &InstallationHistoryInfo::history);
}

template <typename Visitor>
void UninstalledInfo::members(Visitor& m) {
  m.always("uninstalled", &UninstalledInfo::uninstalled);
}

template <typename Visitor>
void InstallOutcomeInfo::members(Visitor& m) {
  m.always("status", &InstallOutcomeInfo::status, one_of(kOutcomes));
  m.always("requestId", &InstallOutcomeInfo::request_id);
  m.if_any("request", &InstallOutcomeInfo::request);
  m.if_any("installation", &InstallOutcomeInfo::installation);
}

MKT_MESSAGE_FUNCTIONS(ApprovalInfo)
MKT_MESSAGE_FUNCTIONS(ToolInfo)
MKT_MESSAGE_FUNCTIONS(PowersInfo)
MKT_MESSAGE_FUNCTIONS(ReviewedPublisherInfo)
MKT_MESSAGE_FUNCTIONS(ReviewedKeyInfo)
MKT_MESSAGE_FUNCTIONS(ObstacleInfo)
MKT_MESSAGE_FUNCTIONS(ReviewInfo)
MKT_MESSAGE_FUNCTIONS(InstallRequestInfo)
MKT_MESSAGE_FUNCTIONS(InstallRequestListing)
MKT_MESSAGE_FUNCTIONS(InstallationInfo)
MKT_MESSAGE_FUNCTIONS(InstallationListing)
MKT_MESSAGE_FUNCTIONS(InstallationEventInfo)
MKT_MESSAGE_FUNCTIONS(InstallationHistoryInfo)
MKT_MESSAGE_FUNCTIONS(UninstalledInfo)
MKT_MESSAGE_FUNCTIONS(InstallOutcomeInfo)

}  // namespace mkt::wire
