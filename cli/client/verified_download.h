// Downloads a version and verifies it: size, checksum, signature, key.
#pragma once

#include "cli/client/registry_client.h"
#include "cli/client/trust.h"

namespace mkt {

struct VerifiedVersion {
  wire::VersionInfo info;
  SignatureFile signature;
  Trusted trusted;
};

// The error for a version in quarantine, with the reason.
Error quarantine_error(const Trust& trust, const wire::VersionInfo& info);

// Writes the tarball to `fd`, which must be empty. Stops where the registry sends more than it
// announced. version_quarantined, tarball_too_large, checksum_mismatch, and the errors of
// Trust::check; after an error, the caller must discard the bytes.
Result<VerifiedVersion> download_verified(RegistryClient& registry, const Trust& trust,
                                          const ConnectorId& id, const std::string& which, int fd,
                                          const HttpClient::Progress& progress);

}  // namespace mkt
