// Turns the store's records into messages of the wire.
#pragma once

#include "common/wire/messages.h"
#include "common/wire/withdrawal_messages.h"
#include "daemon/service/approvals.h"
#include "daemon/service/installs.h"
#include "daemon/service/notices.h"
#include "daemon/service/quarantine.h"
#include "daemon/service/revoke.h"
#include "daemon/store/records.h"

namespace mkt {

wire::VersionInfo version_message(const VersionRecord& version);
wire::ConnectorInfo connector_message(const ConnectorWithVersions& found);
// A key past its `expiresAt` has the status "expired", so the message depends on the time.
wire::KeyInfo key_message(const KeyRecord& key, UtcTime now);
wire::PublisherInfo publisher_message(const PublisherRecord& publisher,
                                      const std::vector<KeyRecord>& keys, UtcTime now);
wire::TokenInfo token_message(const TokenRecord& token);
wire::RevocationInfo revocation_message(const RevocationOutcome& outcome, UtcTime now);
wire::TakenOutInfo taken_out_message(const TakenOut& out);
std::vector<wire::DependantInfo> dependant_messages(const std::vector<DependantRecord>& found);
wire::InstallRequestInfo request_message(const InstallRequestRecord& request);
wire::ReviewInfo review_message(const RequestReview& review, UtcTime now);
wire::InstallationInfo installation_message(const InstallationRecord& installation);
wire::InstallationEventInfo event_message(const InstallationEvent& event);
wire::LogInfo log_message(const LogEntry& entry);
wire::SigningInfo signing_message(const Signing& signing);
wire::SearchHit hit_message(const ConnectorRecord& connector);

}  // namespace mkt
