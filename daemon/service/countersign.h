// Countersigning: an owner signs the same bytes of a version again, with another key of its own.
// The new signature replaces the old one, so a quarantine can end without a new version.
#pragma once

#include "common/connector/version.h"
#include "common/signing/signature_file.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// Returns the version with the new signature. version_not_found, checksum_mismatch,
// signature_invalid, not_owner, and the errors of signer_of.
Result<VersionRecord> countersign(const Marketplace& market, const Caller& caller,
                                  const ConnectorId& id, const Version& version,
                                  const SignatureFile& signature);

// The change alone; it checks the key again, as for publishing. `version` has the new signature and
// its signer.
Status keep_countersignature(const Marketplace& market, const Actor& actor,
                             const VersionRecord& version, UtcTime at);

}  // namespace mkt
