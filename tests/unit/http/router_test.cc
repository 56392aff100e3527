// Which handler answers which request.
#include "daemon/http/router.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/unit/http/no_body.h"

namespace mkt {
namespace {

// The body of the answer, or the code of the error.
std::string ask(const Router& router, const std::string& method, const std::string& path) {
  RequestHead head;
  head.method = method;
  head.path = path;
  NoBody body;
  Request request{head, body, {}, {}};
  const auto response = router.dispatch(request);
  return response ? response->body : std::string(error_code_name(response.error().code));
}

Handler says(const std::string& text) {
  return [text](Request& request) -> Result<Response> {
    Response response;
    response.body = text;
    for (const auto& [name, value] : request.path_parameters) {
      response.body += fmt::format(" {}={}", name, value);
    }
    return response;
  };
}

TEST_CASE("routes are found by their segments, fixed ones before parameters") {
  Router router;
  router.add("GET", "/v1/tokens/current", Operation("x", "X"), says("current"));
  router.add("GET", "/v1/tokens/{id}", Operation("x", "X"), says("token"));
  router.add("GET", "/v1/connectors/{id}/{version}/tarball", Operation("x", "X"), says("tarball"));
  router.add("PUT", "/v1/connectors/{id}/{version}", Operation("x", "X"), says("put"));
  CHECK(ask(router, "GET", "/v1/tokens/current") == "current");
  CHECK(ask(router, "GET", "/v1/tokens/abc") == "token id=abc");
  CHECK(ask(router, "HEAD", "/v1/tokens/abc") == "token id=abc");
  CHECK(ask(router, "GET", "/v1/connectors/a/1.0.0/tarball") == "tarball id=a version=1.0.0");
  CHECK(ask(router, "PUT", "/v1/connectors/a/1.0.0") == "put id=a version=1.0.0");
  CHECK(ask(router, "DELETE", "/v1/connectors/a/1.0.0") == "method_not_allowed");
  CHECK(ask(router, "GET", "/v1/connectors/a") == "not_found");
  CHECK(ask(router, "GET", "/") == "not_found");
  CHECK(ask(router, "GET", "/v1/tokens/abc/more") == "not_found");
  for (const char* const method : {"GET", "HEAD", "PUT", "DELETE"}) {
    CHECK(ask(router, method, "/v1/tokens/") == "invalid_request");
    CHECK(ask(router, method, "/v1/connectors/a/1.0.0/") == "invalid_request");
  }
}

TEST_CASE("a page is a route that the API does not tell of, and guards itself") {
  Router router;
  router.guard([](Request&) -> Status { return Error(ErrorCode::unauthorized, "no"); });
  router.add("GET", "/v1/tokens", Operation("x", "X"), says("tokens"));
  router.add_page("GET", "/", says("home"));
  router.add_page("GET", "/connectors/{id}", says("connector"));
  CHECK(ask(router, "GET", "/v1/tokens") == "unauthorized");
  CHECK(ask(router, "GET", "/") == "home");
  CHECK(ask(router, "HEAD", "/connectors/a") == "connector id=a");
  CHECK(ask(router, "POST", "/") == "method_not_allowed");
  REQUIRE(router.operations().size() == 1);
  CHECK(router.operations()[0].pattern == "/v1/tokens");
}

TEST_CASE("who reads where nothing is to be read is answered from elsewhere, and told why") {
  Router router;
  router.add_page("POST", "/sign-out", says("bye"));
  router.add_elsewhere([](Request&, const Error& error) {
    Response response;
    response.body = "a page: " + std::string(error_code_name(error.code));
    return response;
  });
  CHECK(ask(router, "GET", "/nothing") == "a page: not_found");
  CHECK(ask(router, "GET", "/sign-out") == "a page: method_not_allowed");
  CHECK(ask(router, "POST", "/nothing") == "not_found");
  CHECK(ask(router, "PUT", "/sign-out") == "method_not_allowed");
}

TEST_CASE("a dead end under a fixed segment falls back to the parameter") {
  Router router;
  router.add("GET", "/a/b/c", Operation("x", "X"), says("fixed"));
  router.add("GET", "/a/{x}/d", Operation("x", "X"), says("parameter"));
  CHECK(ask(router, "GET", "/a/b/c") == "fixed");
  CHECK(ask(router, "GET", "/a/b/d") == "parameter x=b");
}

}  // namespace
}  // namespace mkt
