// Tokens from a service account and from a metadata server, by real HTTP on loopback.
#include "daemon/mirror/google_credentials.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <mutex>
#include <thread>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/json.h"

namespace mkt {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

std::string pem_of(EVP_PKEY* key) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  REQUIRE(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string from_base64_url(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  text.append((4 - text.size() % 4) % 4, '=');
  const auto bytes = from_base64(text);
  REQUIRE(bytes);
  return std::string(as_text(*bytes));
}

bool verifies(EVP_PKEY* key, const std::string& text, const std::string& signature) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                          text.size()) == 1;
}

// Gives tokens, numbered, and keeps what it was asked.
struct TokenService {
  TokenService() {
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard lock(mutex);
      asked.push_back(request);
      response.status = status;
      response.set_content(fmt::format(R"({{"access_token": "token-{}", "expires_in": {}}})",
                                       asked.size(), lifetime),
                           "application/json");
    };
    server.Post("/token", handler);
    server.Get("/computeMetadata/v1/instance/service-accounts/default/token", handler);
    port = server.bind_to_any_port("127.0.0.1");
    thread = std::thread([this] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();
  }
  ~TokenService() {
    server.stop();
    thread.join();
  }
  std::string host() const { return fmt::format("127.0.0.1:{}", port); }

  httplib::Server server;
  int port = 0;
  std::mutex mutex;
  std::vector<httplib::Request> asked;  // guarded by mutex
  int status = 200;
  int lifetime = 3600;
  std::thread thread;
};

struct AccountFixture {
  AccountFixture() { write(pem_of(key.get())); }
  void write(const std::string& private_key) {
    REQUIRE(write_file_atomically(file,
                                  dump_json({{"type", "service_account"},
                                             {"client_email", "mktd@acme.example"},
                                             {"private_key", private_key},
                                             {"token_uri", "http://" + service.host() + "/token"}}),
                                  0600));
  }
  TokenService service;
  const Key key{EVP_RSA_gen(2048), &EVP_PKEY_free};
  const TemporaryFolder folder =
      *TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-google-");
  const std::filesystem::path file = folder.path() / "account.json";
  const std::unique_ptr<GoogleCredentials> credentials = GoogleCredentials::from_file(file);
};

TEST_CASE_FIXTURE(AccountFixture, "a service account asks with a JWT that its key has signed") {
  CHECK(*credentials->token() == "token-1");
  REQUIRE(service.asked.size() == 1);
  CHECK(service.asked[0].get_param_value("grant_type") ==
        "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const std::string jwt = service.asked[0].get_param_value("assertion");
  const std::size_t first = jwt.find('.'), last = jwt.rfind('.');
  CHECK(from_base64_url(jwt.substr(0, first)) == R"({"alg":"RS256","typ":"JWT"})");
  const auto claims =
      parse_json(from_base64_url(jwt.substr(first + 1, last - first - 1)), "the claims");
  REQUIRE(claims);
  CHECK(text_member(*claims, "iss") == "mktd@acme.example");
  CHECK(text_member(*claims, "aud") == "http://" + service.host() + "/token");
  CHECK(*number_member(*claims, "exp") - *number_member(*claims, "iat") == 3600);
  CHECK(verifies(key.get(), jwt.substr(0, last), from_base64_url(jwt.substr(last + 1))));
}

TEST_CASE_FIXTURE(AccountFixture, "a token is kept until shortly before it expires") {
  CHECK(*credentials->token() == "token-1");
  CHECK(*credentials->token() == "token-1");
  credentials->forget();
  CHECK(*credentials->token() == "token-2");
}

TEST_CASE_FIXTURE(AccountFixture, "credentials that are wrong are an error that tells no secret") {
  write("-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n");
  auto token = credentials->token();
  REQUIRE_FALSE(token);
  CHECK(token.error().code == ErrorCode::unauthorized);
  CHECK(token.error().message.find("hunter2") == std::string::npos);
  REQUIRE(write_file_atomically(file, "{\"private_key\": \"hunter2\"}", 0600));
  token = credentials->token();
  REQUIRE_FALSE(token);
  CHECK(token.error().message.find("client_email") != std::string::npos);
  CHECK(token.error().message.find("hunter2") == std::string::npos);
  CHECK_FALSE(GoogleCredentials::from_file(folder.path() / "none.json")->token());
}

TEST_CASE_FIXTURE(AccountFixture, "a refusal is told apart from a service that is away") {
  service.status = 400;
  CHECK(credentials->token().error().code == ErrorCode::unauthorized);
  service.status = 503;
  CHECK(credentials->token().error().code == ErrorCode::registry_unavailable);
  service.status = 200;
  CHECK(credentials->token());
}

TEST_CASE("the metadata server is asked as Google wants it") {
  TokenService service;
  CHECK(*GoogleCredentials::from_metadata_server(service.host())->token() == "token-1");
  REQUIRE(service.asked.size() == 1);
  CHECK(service.asked[0].get_header_value("Metadata-Flavor") == "Google");
}

}  // namespace
}  // namespace mkt
