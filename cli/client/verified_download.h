// Fetching a version and believing it only after checking: size, checksum, signature, key.
#pragma once

#include "cli/client/registry_client.h"
#include "cli/client/trust.h"

namespace mkt {

struct VerifiedVersion {
  wire::VersionInfo info;
  SignatureFile signature;
  Trusted trusted;
};

// That a version is in quarantine, and why.
Error quarantine_error(const Trust& trust, const wire::VersionInfo& info);

// Writes the tarball to `fd`, which must be empty. Stops where the registry sends more than it
// announced. version_quarantined, tarball_too_large, checksum_mismatch, and what Trust::check
// gives; the caller throws the bytes away then.
Result<VerifiedVersion> download_verified(RegistryClient& registry, const Trust& trust,
                                          const ConnectorId& id, const std::string& which, int fd,
                                          const HttpClient::Progress& progress);

}  // namespace mkt
