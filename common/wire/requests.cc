#include "common/wire/requests.h"

#include "common/wire/message_functions.h"
#include "common/wire/policy.h"
#include "common/wire/words.h"

namespace mkt::wire {
namespace {

constexpr Shape kPublicKey = Shape().saying("Base64 of its 32 bytes.");
constexpr Shape kAlias = Shape().saying("What the publisher's signature files call the key.");

}  // namespace

template <typename Visitor>
void NewToken::members(Visitor& m) {
  m.if_any("name", &NewToken::name, text_of(kMaxTokenName));
  m.always("role", &NewToken::role, one_of(kRoles));
  m.if_any("subject", &NewToken::subject,
           text_of(kMaxSubject).saying("The publisher or the tenant; none for admins."));
  m.if_any("expiresAt", &NewToken::expires_at);
  m.if_any("readOnly", &NewToken::read_only);
  m.if_any("connectors", &NewToken::connectors);
  m.if_any("from", &NewToken::from);
}

template <typename Visitor>
void KeyProofPart::members(Visitor& m) {
  m.always("challenge", &KeyProofPart::challenge);
  m.always("signature", &KeyProofPart::signature);
}

template <typename Visitor>
void EndorsementPart::members(Visitor& m) {
  m.always("by", &EndorsementPart::by);
  m.always("signature", &EndorsementPart::signature);
  m.if_any("retires", &EndorsementPart::retires);
}

template <typename Visitor>
void NewPublisher::members(Visitor& m) {
  m.always("id", &NewPublisher::id);
  m.always("displayName", &NewPublisher::display_name, text_of(kMaxDisplayName));
  m.always("email", &NewPublisher::email, text_of(kMaxEmail));
  m.always("publicKey", &NewPublisher::public_key, kPublicKey);
  m.if_any("expiresAt", &NewPublisher::expires_at);
  m.if_any("keyId", &NewPublisher::key_id, kAlias);
  m.if_any("proof", &NewPublisher::proof);
}

template <typename Visitor>
void PublisherChange::members(Visitor& m) {
  m.if_any("status", &PublisherChange::status, one_of(kPublisherStatuses));
  m.if_any("reason", &PublisherChange::reason, text_of(kMaxReason));
  m.if_any("verified", &PublisherChange::verified);
}

template <typename Visitor>
void NewKey::members(Visitor& m) {
  m.always("publicKey", &NewKey::public_key, kPublicKey);
  m.if_any("expiresAt", &NewKey::expires_at);
  m.if_any("keyId", &NewKey::key_id, kAlias);
  m.if_any("proof", &NewKey::proof);
  m.if_any("endorsement", &NewKey::endorsement);
}

template <typename Visitor>
void KeyRevocation::members(Visitor& m) {
  m.always("reasonCode", &KeyRevocation::reason_code, one_of(kReasonCodes));
  m.always("reason", &KeyRevocation::reason, text_of(kMaxReason));
  m.if_any("compromisedSince", &KeyRevocation::compromised_since);
  m.if_any("dryRun", &KeyRevocation::dry_run, Shape().saying("Only tell what it would hit."));
}

template <typename Visitor>
void Deprecation::members(Visitor& m) {
  m.always("reason", &Deprecation::reason, text_of(kMaxReason));
}

template <typename Visitor>
void VisibilityChange::members(Visitor& m) {
  m.always("visibility", &VisibilityChange::visibility,
           Shape().saying("everyone, or tenants: and their ids with commas between."));
}

template <typename Visitor>
void QuarantineChange::members(Visitor& m) {
  m.always("reason", &QuarantineChange::reason, text_of(kMaxReason));
}

template <typename Visitor>
void WithdrawalWish::members(Visitor& m) {
  m.always("reasonCode", &WithdrawalWish::reason_code, one_of(kWithdrawalCodes));
  m.always("reason", &WithdrawalWish::reason, text_of(kMaxReason));
  m.if_any("dryRun", &WithdrawalWish::dry_run, Shape().saying("Only tell what it would hit."));
}

template <typename Visitor>
void Announcement::members(Visitor& m) {
  m.always("connectorId", &Announcement::connector_id);
  m.always("version", &Announcement::version);
  m.always("tarballChecksum", &Announcement::tarball_checksum);
}

template <typename Visitor>
void InstallWish::members(Visitor& m) {
  m.always("connectorId", &InstallWish::connector_id);
  m.if_any("version", &InstallWish::version, Shape().saying("\"latest\" where it is left out."));
  m.if_any("config", &InstallWish::config);
}

template <typename Visitor>
void InstallUpdate::members(Visitor& m) {
  m.if_any("version", &InstallUpdate::version, Shape().saying("\"latest\" where it is left out."));
  m.if_any("config", &InstallUpdate::config);
}

template <typename Visitor>
void ApprovalSignaturePart::members(Visitor& m) {
  m.always("keyId", &ApprovalSignaturePart::key_id);
  m.always("signature", &ApprovalSignaturePart::signature);
}

template <typename Visitor>
void Approval::members(Visitor& m) {
  m.if_any("signature", &Approval::signature);
}

template <typename Visitor>
void Denial::members(Visitor& m) {
  m.always("reason", &Denial::reason, text_of(kMaxReason));
}

template <typename Visitor>
void PolicyChange::members(Visitor& m) {
  m.always("policy", &PolicyChange::policy, document_of<Policy>());
  m.if_any("revision", &PolicyChange::revision,
           Shape().saying("The one that was read; policy_changed where it is another."));
}

MKT_REQUEST_FUNCTIONS(NewToken)
MKT_REQUEST_FUNCTIONS(KeyProofPart)
MKT_REQUEST_FUNCTIONS(EndorsementPart)
MKT_REQUEST_FUNCTIONS(NewPublisher)
MKT_REQUEST_FUNCTIONS(PublisherChange)
MKT_REQUEST_FUNCTIONS(NewKey)
MKT_REQUEST_FUNCTIONS(KeyRevocation)
MKT_REQUEST_FUNCTIONS(Deprecation)
MKT_REQUEST_FUNCTIONS(VisibilityChange)
MKT_REQUEST_FUNCTIONS(QuarantineChange)
MKT_REQUEST_FUNCTIONS(WithdrawalWish)
MKT_REQUEST_FUNCTIONS(Announcement)
MKT_REQUEST_FUNCTIONS(InstallWish)
MKT_REQUEST_FUNCTIONS(InstallUpdate)
MKT_REQUEST_FUNCTIONS(ApprovalSignaturePart)
MKT_REQUEST_FUNCTIONS(Approval)
MKT_REQUEST_FUNCTIONS(Denial)
MKT_REQUEST_FUNCTIONS(PolicyChange)

}  // namespace mkt::wire
