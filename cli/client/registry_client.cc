// The registry's calls; see registry_client.h.
#include "cli/client/registry_client.h"

#include <fmt/format.h>

#include "cli/client/credentials.h"
#include "common/base/encoding.h"

namespace mkt {
namespace {

// RFC 3986's unreserved characters stay, all else is encoded.
std::string url_encode(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string version_path(const ConnectorId& id, std::string_view version) {
  return fmt::format("/v1/connectors/{}/{}", id.text(), url_encode(version));
}

template <typename Message>
Result<std::vector<Message>> parse_list(const Json& json, const char* name) {
  std::vector<Message> all;
  const auto list = json.find(name);
  if (list == json.end() || !list->is_array()) {
    return Error(ErrorCode::invalid_json,
                 fmt::format("the registry's answer is not of the protocol: {} is missing", name));
  }
  for (const Json& element : *list) {
    MKT_TRY(Message message, Message::parse(element));
    all.push_back(std::move(message));
  }
  return all;
}

}  // namespace

RegistryClient::RegistryClient(const Settings& settings)
    : settings_(settings), http_(settings.timeout) {}

Result<HttpResponse> RegistryClient::call(HttpRequest request, As as, const HttpClient::Sink& sink,
                                          const HttpClient::Progress& progress) {
  request.url = settings_.registry + request.url;
  if (as == As::somebody) {
    MKT_TRY(const auto token, token_for(settings_));
    if (token) request.headers.push_back("Authorization: Bearer " + *token);
  }
  MKT_TRY(HttpResponse response, http_.send(request, sink, progress));
  if (response.status / 100 != 2) return wire::parse_error(response.status, response.body);
  return response;
}

Result<Json> RegistryClient::get_json(const std::string& path, As as) {
  HttpRequest request;
  request.url = path;
  MKT_TRY(const HttpResponse response, call(std::move(request), as));
  return parse_json(response.body, "the registry's answer");
}

Result<wire::SearchResult> RegistryClient::search(const SearchOptions& o) {
  std::string path = fmt::format("/v1/search?q={}&page={}&pageSize={}", url_encode(o.text), o.page,
                                 o.page_size);
  if (!o.capabilities.empty()) path += "&capabilities=" + url_encode(o.capabilities);
  if (!o.sort_by.empty()) path += "&sortBy=" + url_encode(o.sort_by);
  MKT_TRY(const Json json, get_json(path));
  return wire::SearchResult::parse(json);
}

Result<wire::ConnectorInfo> RegistryClient::connector(const ConnectorId& id) {
  MKT_TRY(const Json json, get_json("/v1/connectors/" + id.text()));
  return wire::ConnectorInfo::parse(json);
}

Result<wire::VersionInfo> RegistryClient::version(const ConnectorId& id, std::string_view which) {
  MKT_TRY(const Json json, get_json(version_path(id, which)));
  return wire::VersionInfo::parse(json);
}

Result<SignatureFile> RegistryClient::signature(const ConnectorId& id, const Version& version) {
  MKT_TRY(const Json json, get_json(version_path(id, version.text()) + "/signature"));
  return SignatureFile::from_json(json);
}

Status RegistryClient::download(const ConnectorId& id, const Version& version,
                                const HttpClient::Sink& sink,
                                const HttpClient::Progress& progress) {
  HttpRequest request;
  request.url = version_path(id, version.text()) + "/tarball";
  MKT_TRY(const HttpResponse response, call(std::move(request), As::anyone, sink, progress));
  return {};
}

Result<wire::KeyListing> RegistryClient::keys() {
  MKT_TRY(const Json json, get_json("/v1/keys"));
  return wire::KeyListing::parse(json);
}

Result<RegistryClient::Published> RegistryClient::publish(const ConnectorId& id,
                                                          const Version& version,
                                                          const SignatureFile& signature, int fd,
                                                          std::uint64_t size,
                                                          const HttpClient::Progress& progress) {
  HttpRequest request;
  request.method = "PUT";
  request.url = version_path(id, version.text());
  request.headers = {"Content-Type: application/gzip",
                     "Mkt-Signature: " + to_base64(as_bytes(dump_json(signature.json())))};
  request.file = HttpRequest::File{fd, size};
  MKT_TRY(const HttpResponse response, call(std::move(request), As::somebody, {}, progress));
  MKT_TRY(const Json json, parse_json(response.body, "the registry's answer"));
  MKT_TRY(wire::VersionInfo info, wire::VersionInfo::parse(json));
  return Published{std::move(info), response.status == 201};
}

Result<wire::PublisherInfo> RegistryClient::register_publisher(const PublisherId& id,
                                                               const std::string& display_name,
                                                               const std::string& email,
                                                               const PublicKey& key) {
  HttpRequest request;
  request.method = "POST";
  request.url = "/v1/publishers";
  request.body = dump_json({{"id", id.text()},
                            {"displayName", display_name},
                            {"email", email},
                            {"publicKey", key.base64()}});
  MKT_TRY(const HttpResponse response, call(std::move(request), As::somebody));
  MKT_TRY(const Json json, parse_json(response.body, "the registry's answer"));
  return wire::PublisherInfo::parse(json);
}

Result<wire::PublisherInfo> RegistryClient::publisher(const PublisherId& id) {
  MKT_TRY(const Json json, get_json("/v1/publishers/" + id.text()));
  return wire::PublisherInfo::parse(json);
}

Result<std::vector<wire::PublisherInfo>> RegistryClient::publishers() {
  MKT_TRY(const Json json, get_json("/v1/publishers"));
  return parse_list<wire::PublisherInfo>(json, "publishers");
}

Result<wire::TokenInfo> RegistryClient::create_token(const Json& wanted) {
  HttpRequest request;
  request.method = "POST";
  request.url = "/v1/tokens";
  request.body = dump_json(wanted);
  MKT_TRY(const HttpResponse response, call(std::move(request), As::somebody));
  MKT_TRY(const Json json, parse_json(response.body, "the registry's answer"));
  return wire::TokenInfo::parse(json);
}

Result<std::vector<wire::TokenInfo>> RegistryClient::tokens() {
  MKT_TRY(const Json json, get_json("/v1/tokens", As::somebody));
  return parse_list<wire::TokenInfo>(json, "tokens");
}

Status RegistryClient::revoke_token(const std::string& id) {
  HttpRequest request;
  request.method = "DELETE";
  request.url = "/v1/tokens/" + url_encode(id);
  MKT_TRY(const HttpResponse response, call(std::move(request), As::somebody));
  return {};
}

Result<wire::TokenInfo> RegistryClient::whoami(const std::optional<std::string>& token) {
  HttpRequest request;
  request.url = "/v1/tokens/current";
  if (token) request.headers.push_back("Authorization: Bearer " + *token);
  MKT_TRY(const HttpResponse response,
          call(std::move(request), token ? As::anyone : As::somebody));
  MKT_TRY(const Json json, parse_json(response.body, "the registry's answer"));
  return wire::TokenInfo::parse(json);
}

}  // namespace mkt
