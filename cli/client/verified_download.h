// Downloads a version, or takes its tarball from the cache, and verifies it: size, checksum,
// signature, key.
#pragma once

#include "cli/client/registry_client.h"
#include "cli/client/tarball_cache.h"
#include "cli/client/trust.h"

namespace mkt {

struct VerifiedVersion {
  wire::VersionInfo info;
  SignatureFile signature;
  Trusted trusted;
};

// The error for a version in quarantine, with the reason.
Error quarantine_error(const Trust& trust, const wire::VersionInfo& info);

// Writes the tarball to `fd`, which must be empty. The registry is asked for everything but a
// tarball that the cache has, and what was downloaded is kept there. Stops where the registry sends
// more than it announced. version_quarantined, tarball_too_large, checksum_mismatch, and the errors
// of Trust::check; after an error, the caller must discard the bytes.
Result<VerifiedVersion> download_verified(RegistryClient& registry, const Trust& trust,
                                          const ConnectorId& id, const std::string& which, int fd,
                                          const HttpClient::Progress& progress,
                                          TarballCache* cache = nullptr);

}  // namespace mkt
