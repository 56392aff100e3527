// GoogleCredentials: access tokens for Google's APIs.
//
// From a service account's key file (GOOGLE_APPLICATION_CREDENTIALS): a JWT signed with RS256 is
// exchanged for a token (RFC 7523, Google's "OAuth 2.0 for server to server"). From the metadata
// server, where there is no file and the machine is Google's. For the emulator, which wants
// "owner". A token is kept until shortly before it expires. Use from one thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "common/base/result.h"

namespace mkt {

class GoogleCredentials {
 public:
  virtual ~GoogleCredentials() = default;
  // Never the secret in an error. unauthorized where they are refused or make no sense,
  // registry_unavailable and timed_out where they could not be asked for.
  virtual Result<std::string> token() = 0;
  // The next `token` asks anew: this one was refused.
  virtual void forget() {}

  static std::unique_ptr<GoogleCredentials> for_emulator();
  static std::unique_ptr<GoogleCredentials> from_file(const std::filesystem::path& file);
  static std::unique_ptr<GoogleCredentials> from_metadata_server(const std::string& host);
  // As the environment says: GOOGLE_APPLICATION_CREDENTIALS, else the metadata server
  // (GCE_METADATA_HOST).
  static std::unique_ptr<GoogleCredentials> from_environment();
};

}  // namespace mkt
