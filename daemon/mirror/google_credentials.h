// GoogleCredentials: access tokens for Google's APIs.
//
// With a service account's key file (GOOGLE_APPLICATION_CREDENTIALS), a JWT signed with RS256 is
// exchanged for a token (RFC 7523, Google's "OAuth 2.0 for server to server"). Without a file, on
// Google's machines, the metadata server gives the token. The emulator accepts "owner". A token is
// kept until shortly before it expires. Use from one thread.
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
  // An error never contains the secret. unauthorized where the credentials are refused or
  // malformed; registry_unavailable or timed_out where the server could not be reached.
  virtual Result<std::string> token() = 0;
  // This token was refused, so the next call of `token` gets a new one.
  virtual void forget() {}

  static std::unique_ptr<GoogleCredentials> for_emulator();
  static std::unique_ptr<GoogleCredentials> from_file(const std::filesystem::path& file);
  static std::unique_ptr<GoogleCredentials> from_metadata_server(const std::string& host);
  // From GOOGLE_APPLICATION_CREDENTIALS, or else from the metadata server (GCE_METADATA_HOST).
  static std::unique_ptr<GoogleCredentials> from_environment();
};

}  // namespace mkt
