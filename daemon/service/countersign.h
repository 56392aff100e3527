// Countersigning: an owner signs the very same bytes of a version with another key of its own. The
// new signature takes the old one's place, and a quarantine ends without a new version.
#pragma once

#include "common/connector/version.h"
#include "common/signing/signature_file.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// The version as it is afterwards. version_not_found, checksum_mismatch, signature_invalid,
// not_owner, and those of signer_of.
Result<VersionRecord> countersign(const Marketplace& market, const Caller& caller,
                                  const ConnectorId& id, const Version& version,
                                  const SignatureFile& signature);

// The commit: the key is checked again, as for publishing. `version` has the new signature and who
// made it.
Status keep_countersignature(const Marketplace& market, const Actor& actor,
                             const VersionRecord& version, UtcTime at);

}  // namespace mkt
