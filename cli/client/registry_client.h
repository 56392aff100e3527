// RegistryClient: the registry's calls as functions, with the messages of common/wire.
//
// Every error names what was being done. A token is sent only with the calls that need one, and
// only to the settings' registry. Use from one thread.
#pragma once

#include <optional>
#include <string>

#include "cli/client/http_client.h"
#include "cli/client/settings.h"
#include "common/connector/names.h"
#include "common/connector/version.h"
#include "common/signing/signature_file.h"
#include "common/wire/messages.h"

namespace mkt {

struct SearchOptions {
  std::string text;
  std::string capabilities;  // comma-separated
  std::string sort_by;
  unsigned page = 1;
  unsigned page_size = 20;
};

class RegistryClient {
 public:
  explicit RegistryClient(const Settings& settings);

  Result<wire::SearchResult> search(const SearchOptions& options);
  Result<wire::ConnectorInfo> connector(const ConnectorId& id);
  // `which` is a version or "latest".
  Result<wire::VersionInfo> version(const ConnectorId& id, std::string_view which);
  Result<SignatureFile> signature(const ConnectorId& id, const Version& version);
  // The tarball's bytes, in order, to the sink.
  Status download(const ConnectorId& id, const Version& version, const HttpClient::Sink& sink,
                  const HttpClient::Progress& progress);
  Result<wire::KeyListing> keys();

  struct Published {
    wire::VersionInfo version;
    bool is_new;
  };
  Result<Published> publish(const ConnectorId& id, const Version& version,
                            const SignatureFile& signature, int fd, std::uint64_t size,
                            const HttpClient::Progress& progress);

  Result<wire::PublisherInfo> register_publisher(const PublisherId& id,
                                                 const std::string& display_name,
                                                 const std::string& email, const PublicKey& key);
  Result<wire::PublisherInfo> publisher(const PublisherId& id);
  Result<std::vector<wire::PublisherInfo>> publishers();

  Result<wire::TokenInfo> create_token(const Json& wanted);
  Result<std::vector<wire::TokenInfo>> tokens();
  Status revoke_token(const std::string& id);
  // Who the token makes the caller; with another token than the settings' where one is given.
  Result<wire::TokenInfo> whoami(const std::optional<std::string>& token = std::nullopt);

 private:
  enum class As { anyone, somebody };
  Result<HttpResponse> call(HttpRequest request, As as, const HttpClient::Sink& sink = {},
                            const HttpClient::Progress& progress = {});
  Result<Json> get_json(const std::string& path, As as = As::anyone);

  const Settings& settings_;
  HttpClient http_;
};

}  // namespace mkt
