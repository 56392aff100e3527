// NpmClient: fetches a package from a registry of npm.
//
// It sends no token, and follows no redirect, as HttpClient. A tarball is fetched by https, or from
// this machine where the registry is there too, and must have the digest that the registry names.
// Use from one thread.
#pragma once

#include <chrono>
#include <string>

#include "cli/import/npm_config.h"
#include "cli/import/npm_package.h"
#include "common/base/result.h"
#include "common/http/http_client.h"

namespace mkt {

class NpmClient {
 public:
  NpmClient(NpmConfig config, std::chrono::milliseconds timeout);

  // What the registry has for what is wanted of the package. not_found, version_not_found,
  // unauthorized, registry_unavailable and others.
  Result<NpmRelease> find(const NpmPackage& package);

  // Writes the tarball to the file, which must be empty and open for reading, too, and checks it.
  // The digest that it has, written "sha512-…"; checksum_mismatch where it is not the one named.
  Result<std::string> download(const NpmPackage& package, const NpmRelease& release, int fd,
                               const HttpClient::Progress& progress);

 private:
  Status check_tarball_url(const std::string& url) const;

  NpmConfig config_;
  HttpClient http_;
};

}  // namespace mkt
