// RFC 9112 and 9110 by name: what a request head may be, and what it may not.
#include "daemon/http/request_head.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "tests/unit/must.h"

namespace mkt {
namespace {

Result<RequestHead> parse(std::string_view lines) {
  return RequestHead::parse(std::string(lines) + "\r\n");
}

ErrorCode refusal_of(std::string_view lines) {
  const auto head = parse(lines);
  REQUIRE_FALSE(head);
  return head.error().code;
}

TEST_CASE("a plain request is read") {
  const auto head =
      parse("GET /v1/search?q=a%20b+c&page=2 HTTP/1.1\r\nHost: x\r\nX-API-Key:  secret \r\n");
  REQUIRE(head);
  CHECK(head->method == "GET");
  CHECK(head->path == "/v1/search");
  CHECK(head->parameter("q") == "a b c");
  CHECK(head->parameter("page") == "2");
  CHECK_FALSE(head->parameter("nothing"));
  CHECK(head->header("x-api-key") == "secret");
  CHECK(head->keep_alive);
  CHECK_FALSE(head->content_length);
}

TEST_CASE("a version with build metadata keeps its plus in the path") {
  CHECK(parse("GET /v1/connectors/a/1.0.0+b HTTP/1.1\r\nHost: x\r\n")->path ==
        "/v1/connectors/a/1.0.0+b");
  CHECK(parse("GET /v1/connectors/a/1.0.0%2Bb HTTP/1.1\r\nHost: x\r\n")->path ==
        "/v1/connectors/a/1.0.0+b");
}

TEST_CASE("RFC 9112 section 9.3: who keeps the connection") {
  CHECK(parse("GET / HTTP/1.1\r\nHost: x\r\n")->keep_alive);
  CHECK_FALSE(parse("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")->keep_alive);
  CHECK_FALSE(parse("GET / HTTP/1.0\r\n")->keep_alive);
  CHECK(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n")->keep_alive);
}

TEST_CASE("what two readers could read differently is refused") {
  const char* const bad[] = {
      "GET / HTTP/1.1\r\n",                           // no Host
      "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n",     // two Hosts
      "GET / HTTP/1.1\r\nHost : x\r\n",               // blank before the colon
      "GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n",  // folding
      "GET / HTTP/1.1\r\nHost: x\r\nNo colon\r\n",    //
      "GET / HTTP/1.1\r\nHost: x\r\n: empty\r\n",     //
      "GET / HTTP/1.1\nHost: x\r\n",                  // bare LF
      "GET / HTTP/1.1\r\nHost: a\rb\r\n",             // bare CR
      "GET / HTTP/1.1\r\nHost: x\r\nA: b\x01\r\n",    //
      "GET  / HTTP/1.1\r\nHost: x\r\n",               // two blanks
      "GET / HTTP/1.1 \r\nHost: x\r\n",               //
      "G(T / HTTP/1.1\r\nHost: x\r\n",                //
      "GET http://x/ HTTP/1.1\r\nHost: x\r\n",        // a proxy's form
      "GET * HTTP/1.1\r\nHost: x\r\n",                //
      "GET /a#b HTTP/1.1\r\nHost: x\r\n",             //
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n",    //
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n",  //
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x10\r\n",  //
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000000000\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \t \r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding:\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\nTransfer-Encoding: chunked\r\n",
      "GET / HTTP/1.1\r\nHost: localhost:evil.com\r\n",  // RFC 9112 section 3.2
      "GET / HTTP/1.1\r\nHost: localhost:80:80\r\n",     //
      "GET / HTTP/1.1\r\nHost: localhost:-1\r\n",        //
      "GET / HTTP/1.1\r\nHost: localhost@evil.com\r\n",  //
      "GET / HTTP/1.1\r\nHost: localhost/evil.com\r\n",  //
      "GET / HTTP/1.1\r\nHost: localhost, evil.com\r\n",
      "GET / HTTP/1.1\r\nHost: [::1]evil.com\r\n",  //
      "GET / HTTP/1.1\r\nHost: [::1\r\n",           //
      "GET / HTTP/1.0\r\nHost: a b\r\n",            //
  };
  for (const char* lines : bad) {
    CAPTURE(lines);
    CHECK(!RequestHead::parse(std::string(lines) + "\r\n"));
  }
}

TEST_CASE("RFC 9112 section 3.2: a Host is a name or an address, and a port") {
  for (const char* host : {"x", "localhost:3456", "127.0.0.1:80", "[::1]", "[2001:db8::1]:443",
                           "a-b.example.com", "my_service:1", "xn--bcher-kva.example", "x:"}) {
    CAPTURE(std::string(host));
    CHECK(parse(fmt::format("GET / HTTP/1.1\r\nHost: {}\r\n", host)));
  }
}

TEST_CASE("a path has one spelling") {
  for (const char* path : {"/a//b", "/a//", "//", "//a", "/a/./", "/./a", "/a/..", "/%2e%2e/a",
                           "/a%5cb", "/%00", "/%0a", "/%ff", "/%", "/%2", "/%zz", "/%25"}) {
    CAPTURE(std::string(path));
    CHECK(refusal_of(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n", path)) ==
          ErrorCode::invalid_request);
  }
  CHECK(parse("GET / HTTP/1.1\r\nHost: x\r\n")->path == "/");
  // The router refuses it, and leads a browser to the page without.
  CHECK(parse("GET /a/ HTTP/1.1\r\nHost: x\r\n")->path == "/a/");
}

TEST_CASE("an encoded slash is part of a name and ends no segment") {
  for (const char* slash : {"%2F", "%2f"}) {
    const auto head =
        parse(fmt::format("GET /a{}b/c{}{} HTTP/1.1\r\nHost: x\r\n", slash, slash, slash));
    REQUIRE(head);
    CHECK(head->path == "/a%2Fb/c%2F%2F");
  }
  // Nothing else leaves a percent sign in a path.
  CHECK(parse("GET /%41%3a HTTP/1.1\r\nHost: x\r\n")->path == "/A:");
  CHECK(refusal_of("GET /%252F HTTP/1.1\r\nHost: x\r\n") == ErrorCode::invalid_request);
}

// The examples of RFC 9110 section 12.5.1, and what browsers send.
TEST_CASE("a type is accepted where Accept names it, and not with the weight 0") {
  const auto accepted = [](const std::string& accept) {
    return accepts(
        must(RequestHead::parse("GET / HTTP/1.1\r\nHost: a\r\nAccept: " + accept + "\r\n\r\n")),
        "text/html");
  };
  for (const char* accept :
       {"text/html", "TEXT/HTML", "text/plain; q=0.5, text/html,\t text/x-dvi; q=0.8, text/x-c",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html;level=1",
        "text/html; q=0.001", "text/html;q=1", "a/b;q=0, text/html"}) {
    CAPTURE(std::string(accept));
    CHECK(accepted(accept));
  }
  for (const char* accept :
       {"", "*/*", "text/*", "text/html;q=0", "text/html; q=0.000", "text/htmlx", "xtext/html",
        "application/json, text/html ; Q=0.0", ",;,="}) {
    CAPTURE(std::string(accept));
    CHECK_FALSE(accepted(accept));
  }
}

TEST_CASE("bounds have their own codes") {
  CHECK(refusal_of("GET /" + std::string(kMaxTargetBytes, 'a') + " HTTP/1.1\r\nHost: x\r\n") ==
        ErrorCode::uri_too_long);
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (std::size_t i = 0; i < kMaxHeaderFields; ++i) many += "A: b\r\n";
  CHECK(refusal_of(many) == ErrorCode::headers_too_large);
  CHECK(refusal_of("GET / HTTP/2.0\r\nHost: x\r\n") == ErrorCode::http_version_unsupported);
  CHECK(refusal_of("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n") ==
        ErrorCode::not_implemented);
  CHECK(refusal_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n") ==
        ErrorCode::unsupported_media_type);
}

}  // namespace
}  // namespace mkt
