#include "daemon/ops/setting_checks.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

namespace mkt {
namespace {

using Names = std::vector<std::string>;

// The settings that are to be mended after a change of settings that are right.
Names refused(const std::function<void(Configuration&)>& change) {
  Configuration c;
  c.data = "/nowhere";
  c.listen = {"127.0.0.1:3456"};
  change(c);
  Names names;
  for (const SettingProblem& problem : check_settings(c, "")) {
    CHECK(problem.error.code == ErrorCode::usage_error);
    names.push_back(problem.setting);
  }
  return names;
}

TEST_CASE("settings that go together are taken") {
  CHECK(refused([](Configuration&) {}).empty());
  CHECK(refused([](Configuration& c) {
          c.listen = {"https://0.0.0.0:443", "unix:mktd.sock", "[::]:0", "[::]:0"};
          c.tls_certificate = "cert.pem";
          c.tls_key = "key.pem";
          c.tls_client_ca = "ca.pem";
          c.tls_client_certificates = "required";
        }).empty());
  CHECK(refused([](Configuration& c) {
          c.database = "postgresql://mktd@127.0.0.1/mktd";
          c.blobs = "s3://tarballs?endpoint=http://127.0.0.1:7480";
        }).empty());
}

TEST_CASE("a setting that lacks its counterpart is the one to mend") {
  CHECK(refused([](Configuration& c) { c.tls_key = "key.pem"; }) == Names{"tls-key"});
  CHECK(refused([](Configuration& c) { c.tls_certificate = "a.pem"; }) == Names{"tls-certificate"});
  CHECK(refused([](Configuration& c) { c.tls_client_ca = "ca.pem"; }) == Names{"tls-client-ca"});
  CHECK(refused([](Configuration& c) { c.listen = {"https://a:1"}; }) == Names{"listen"});
  CHECK(refused([](Configuration& c) { c.database = "postgresql://a/b"; }) == Names{"database"});
  CHECK(refused([](Configuration& c) { c.blobs = "s3://b?endpoint=http://a"; }) == Names{"blobs"});
  CHECK(refused([](Configuration& c) {
          c.tls_certificate = "cert.pem";
          c.tls_key = "key.pem";
          c.tls_client_certificates = "required";
        }) == Names{"tls-client-certificates"});
}

TEST_CASE("everything that is wrong is told at once") {
  CHECK(refused([](Configuration& c) {
          c.data.clear();
          c.listen = {"nowhere", "unix:a", "unix:a"};
          c.trusted_proxies = {"everybody"};
          c.limit = {"search=many"};
          c.firestore_project = "a b";
          c.firestore_database = "";
          c.redis_url = "127.0.0.1";
        }) == Names{"data", "listen", "listen", "trusted-proxies", "limit", "firestore-project",
                    "firestore-database", "redis-url"});
}

TEST_CASE("an address is told once, though https and http may name it") {
  CHECK(refused([](Configuration& c) {
          c.listen = {"127.0.0.1:1", "https://127.0.0.1:1"};
          c.tls_certificate = "cert.pem";
          c.tls_key = "key.pem";
        }) == Names{"listen"});
}

TEST_CASE("ports are numbers up to 65535") {
  for (const char* address :
       {"127.0.0.1:0", "127.0.0.1:65535", "[::1]:1", "https://a:1", "unix:x"}) {
    CHECK_MESSAGE(check_address(address), address);
  }
  for (const char* address : {"127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:", "127.0.0.1", ":1",
                              "https://:1", "127.0.0.1:http", ""}) {
    CHECK_MESSAGE(!check_address(address), address);
  }
}

}  // namespace
}  // namespace mkt
