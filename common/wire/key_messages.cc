#include "common/wire/key_messages.h"

#include <array>

#include "common/wire/message_functions.h"
#include "common/wire/words.h"

namespace mkt::wire {
namespace {

constexpr auto kKeyStatuses =
    std::to_array<std::string_view>({"active", "expired", "retired", "revoked"});

}  // namespace

template <typename Visitor>
void KeyInfo::members(Visitor& m) {
  m.always("keyId", &KeyInfo::key_id);
  m.always("publisherId", &KeyInfo::publisher_id);
  m.always("publicKey", &KeyInfo::public_key, Shape().saying("Base64 of its 32 bytes."));
  m.always("fingerprint", &KeyInfo::fingerprint, Shape{.pattern = "^[0-9a-f]{64}$"});
  m.always("status", &KeyInfo::status, one_of(kKeyStatuses));
  m.always("createdAt", &KeyInfo::created_at, kTime);
  m.usually("addedSequence", &KeyInfo::added_sequence);
  m.if_any("aliases", &KeyInfo::aliases,
           Shape().saying("Other names by which signature files call the key."));
  m.if_any("expiresAt", &KeyInfo::expires_at, kTime);
  m.if_any("revokedAt", &KeyInfo::revoked_at, kTime);
  m.if_any("reasonCode", &KeyInfo::reason_code, one_of(kReasonCodes));
  m.if_any("reason", &KeyInfo::reason);
  m.if_any("revokedBy", &KeyInfo::revoked_by);
  m.if_any("compromisedSequence", &KeyInfo::compromised_sequence,
           Shape().saying("Signatures that were accepted at this sequence or later are not to be "
                          "trusted."));
  m.if_any("endorsedBy", &KeyInfo::endorsed_by);
  m.if_any("endorsement", &KeyInfo::endorsement);
}

template <typename Visitor>
void KeyListing::members(Visitor& m) {
  m.always("sequence", &KeyListing::sequence);
  m.always("keys", &KeyListing::keys, Shape().saying("By key id."));
  m.if_any("since", &KeyListing::since);
}

template <typename Visitor>
void PublisherInfo::members(Visitor& m) {
  m.always("id", &PublisherInfo::id);
  m.always("displayName", &PublisherInfo::display_name);
  m.usually("email", &PublisherInfo::email,
            Shape().saying("Empty but for the publisher's own people and admins."));
  m.always("status", &PublisherInfo::status, one_of(kPublisherStatuses));
  m.or_null("statusReason", &PublisherInfo::status_reason);
  m.usually("verified", &PublisherInfo::verified);
  m.usually("createdAt", &PublisherInfo::created_at, kTime);
  m.usually("keys", &PublisherInfo::keys);
}

template <typename Visitor>
void PublisherListing::members(Visitor& m) {
  m.always("publishers", &PublisherListing::publishers);
}

template <typename Visitor>
void SigningInfo::members(Visitor& m) {
  m.always("sequence", &SigningInfo::sequence, Shape().saying("Of the log's entry."));
  m.always("time", &SigningInfo::time, kTime);
  m.always("action", &SigningInfo::action,
           Shape().saying("version.publish or version.countersign."));
  m.always("connectorId", &SigningInfo::connector_id);
  m.always("version", &SigningInfo::version);
  m.always("keyId", &SigningInfo::key_id);
  m.always("actor", &SigningInfo::actor, Shape().saying("Who asked for it, with the token's id."));
  m.always("yours", &SigningInfo::yours, Shape().saying("The token of this request did."));
}

template <typename Visitor>
void SigningListing::members(Visitor& m) {
  m.always("signings", &SigningListing::signings, Shape().saying("The newest first."));
  m.always("hasMore", &SigningListing::has_more, Shape().saying("Older ones were left out."));
}

template <typename Visitor>
void RegisteredInfo::members(Visitor& m) {
  PublisherInfo::members(m);
  m.if_any("token", &RegisteredInfo::token, Shape().saying("The secret, shown this once."));
}

template <typename Visitor>
void ChallengeInfo::members(Visitor& m) {
  m.always("challenge", &ChallengeInfo::challenge);
  m.usually("expiresAt", &ChallengeInfo::expires_at, kTime);
}

template <typename Visitor>
void RevocationCounts::members(Visitor& m) {
  m.always("quarantined", &RevocationCounts::quarantined);
  m.always("requests", &RevocationCounts::requests);
  m.always("installations", &RevocationCounts::installations);
}

template <typename Visitor>
void RevocationInfo::members(Visitor& m) {
  m.always("key", &RevocationInfo::key);
  m.usually("changed", &RevocationInfo::changed);
  m.usually("counts", &RevocationInfo::counts);
  m.always("quarantined", &RevocationInfo::quarantined);
  m.usually("requests", &RevocationInfo::requests);
  m.usually("installations", &RevocationInfo::installations);
}

MKT_MESSAGE_FUNCTIONS(KeyInfo)
MKT_MESSAGE_FUNCTIONS(KeyListing)
MKT_MESSAGE_FUNCTIONS(PublisherInfo)
MKT_MESSAGE_FUNCTIONS(PublisherListing)
MKT_MESSAGE_FUNCTIONS(SigningInfo)
MKT_MESSAGE_FUNCTIONS(SigningListing)
MKT_MESSAGE_FUNCTIONS(RegisteredInfo)
MKT_MESSAGE_FUNCTIONS(ChallengeInfo)
MKT_MESSAGE_FUNCTIONS(RevocationCounts)
MKT_MESSAGE_WRITING(RevocationInfo)

Result<RevocationInfo> RevocationInfo::parse(const Json& json) {
  MKT_TRY(RevocationInfo info, read<RevocationInfo>(json));
  // A registry that does not count lists them all.
  if (!json.contains("counts")) {
    info.counts = {info.quarantined.size(), info.requests.size(), info.installations.size()};
  }
  return info;
}

}  // namespace mkt::wire
