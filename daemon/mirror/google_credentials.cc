// JWT, token endpoint and metadata server.
#include "daemon/mirror/google_credentials.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdlib>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/json.h"
#include "common/http/http_client.h"

namespace mkt {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTokenTimeout{10'000};
constexpr std::size_t kMaxFileBytes = 64 * 1024;
constexpr seconds kLifetime{3600};  // the longest that Google grants
constexpr seconds kMargin{300};     // a token is renewed this long before it expires
constexpr const char* kScope =
    "https://www.googleapis.com/auth/datastore "
    "https://www.googleapis.com/auth/devstorage.read_write";
constexpr const char* kGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr const char* kMetadataHost = "metadata.google.internal";

std::string base64_url(std::string_view bytes) {
  std::string text = to_base64(as_bytes(bytes));
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

Error refused(std::string_view what) {
  return Error(ErrorCode::unauthorized, fmt::format("Google credentials: {}", what));
}

Result<std::string> sign_rs256(const std::string& pem, const std::string& text) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return refused("the key file's private_key is not an RSA key");
  }
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  std::string signature;
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &size, data, text.size()) == 1) {
    signature.resize(size);
    auto* into = reinterpret_cast<unsigned char*>(signature.data());
    if (EVP_DigestSign(context.get(), into, &size, data, text.size()) == 1) {
      signature.resize(size);
      return signature;
    }
  }
  return refused("the key file's private_key cannot sign");
}

// What both kinds share: keeping the token.
class KeptToken : public GoogleCredentials {
 public:
  Result<std::string> token() override {
    if (!token_.empty() && steady_clock::now() < renew_at_) return token_;
    MKT_TRY(const HttpRequest request, token_request());
    HttpClient client(kTokenTimeout, "Google's token service");
    MKT_TRY(const HttpResponse response, client.send(request));
    if (response.status / 100 == 5 || response.status == 429) {
      return Error(ErrorCode::registry_unavailable,
                   fmt::format("Google's token service answers HTTP {}", response.status));
    }
    if (response.status != 200) {
      return refused(fmt::format("they are not accepted (HTTP {})", response.status));
    }
    MKT_TRY(const Json json, parse_json(response.body, "the token service's answer"));
    const auto given = text_member(json, "access_token");
    if (!given || given->find_first_of("\r\n") != std::string::npos) {
      return refused("the token service gives no token");
    }
    token_ = *given;
    const auto lives = seconds(number_member(json, "expires_in").value_or(0));
    renew_at_ = steady_clock::now() + std::max(seconds(1), lives - kMargin);
    return token_;
  }
  void forget() override { token_.clear(); }

 private:
  virtual Result<HttpRequest> token_request() const = 0;

  std::string token_;
  steady_clock::time_point renew_at_{};
};

class ServiceAccount : public KeptToken {
 public:
  explicit ServiceAccount(std::filesystem::path file) : file_(std::move(file)) {}

 private:
  // The file is read each time, so a replaced key is used at once.
  Result<HttpRequest> token_request() const override {
    const auto text = read_file(file_, kMaxFileBytes);
    if (!text) return refused(text.error().message);
    const auto json = parse_json(*text, file_.string());
    if (!json) return refused(json.error().message);
    const auto email = text_member(*json, "client_email");
    const auto key = text_member(*json, "private_key");
    const auto uri = text_member(*json, "token_uri");
    if (!email || !key || !uri) {
      return refused(
          file_.string() +
          " is not a service account's key: client_email, private_key or token_uri is missing");
    }
    const auto now =
        std::chrono::duration_cast<seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    const std::string claims = base64_url(R"({"alg":"RS256","typ":"JWT"})") + "." +
                               base64_url(dump_json({{"iss", *email},
                                                     {"scope", kScope},
                                                     {"aud", *uri},
                                                     {"iat", now},
                                                     {"exp", now + kLifetime.count()}}));
    MKT_TRY(const std::string signature, sign_rs256(*key, claims));
    HttpRequest request;
    request.method = "POST";
    request.url = *uri;
    request.headers = {"Content-Type: application/x-www-form-urlencoded"};
    // Neither of them contains anything to escape.
    request.body =
        fmt::format("grant_type={}&assertion={}.{}", kGrant, claims, base64_url(signature));
    return request;
  }

  const std::filesystem::path file_;
};

class MetadataServer : public KeptToken {
 public:
  explicit MetadataServer(std::string host) : host_(std::move(host)) {}

 private:
  Result<HttpRequest> token_request() const override {
    HttpRequest request;
    request.url =
        fmt::format("http://{}/computeMetadata/v1/instance/service-accounts/default/token", host_);
    request.headers = {"Metadata-Flavor: Google"};
    return request;
  }

  const std::string host_;
};

class Emulator : public GoogleCredentials {
 public:
  Result<std::string> token() override { return std::string("owner"); }
};

}  // namespace

std::unique_ptr<GoogleCredentials> GoogleCredentials::for_emulator() {
  return std::make_unique<Emulator>();
}

std::unique_ptr<GoogleCredentials> GoogleCredentials::from_file(const std::filesystem::path& file) {
  return std::make_unique<ServiceAccount>(file);
}

std::unique_ptr<GoogleCredentials> GoogleCredentials::from_metadata_server(
    const std::string& host) {
  return std::make_unique<MetadataServer>(host);
}

std::unique_ptr<GoogleCredentials> GoogleCredentials::from_environment() {
  if (const char* file = std::getenv("GOOGLE_APPLICATION_CREDENTIALS"); file && *file) {
    return from_file(file);
  }
  const char* host = std::getenv("GCE_METADATA_HOST");
  return from_metadata_server(host != nullptr && *host != '\0' ? host : kMetadataHost);
}

}  // namespace mkt
