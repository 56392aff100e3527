// Whose request is it, and is it meant for us.
#include "daemon/http/admission.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace mkt {
namespace {

RequestHead request(std::vector<std::pair<std::string, std::string>> headers) {
  RequestHead head;
  head.method = "GET";
  head.path = "/";
  head.headers = std::move(headers);
  return head;
}

Admission admission(const std::vector<std::string>& proxies = {}) {
  std::vector<AddressRange> ranges;
  for (const std::string& text : proxies) ranges.push_back(*AddressRange::parse(text));
  return Admission({"Registry.acme.example"}, {"https://tools.acme.example"}, std::move(ranges));
}

const Peer kPeer{"127.0.0.1", false};

TEST_CASE("Host: addresses, localhost and allowed names pass, a page's own name does not") {
  const Admission a = admission();
  for (const char* host : {"127.0.0.1", "127.0.0.1:3456", "localhost", "LOCALHOST:80", "[::1]:3456",
                           "10.1.2.3:1", "registry.acme.example", "REGISTRY.acme.example:443"}) {
    CAPTURE(std::string(host));
    CHECK(a.admit(request({{"host", host}}), kPeer));
  }
  for (const char* host : {"evil.example", "evil.example:3456", "localhost.evil.example",
                           "127.0.0.1.evil.example", "registry.acme.example.evil.example", "[evil]",
                           "1.2.3", "0x7f000001", "localhost@evil.example", "[", "]", ":80"}) {
    CAPTURE(std::string(host));
    const auto refused = a.admit(request({{"host", host}}), kPeer);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::host_not_allowed);
  }
}

TEST_CASE("a name of a host, as Host can have it") {
  const std::string label(63, 'a');
  for (const std::string& name : {std::string("registry.acme.example"), std::string("Registry"),
                                  std::string("my_registry"), std::string("xn--bcher-kva.example."),
                                  std::string("10.0.0.1"), std::string("fd00::1"), label + ".b"}) {
    CAPTURE(name);
    CHECK(is_host_name(name));
  }
  const std::string long_label = label + "a";
  const std::string long_name = fmt::format("{0}.{0}.{0}.{0}", label);
  for (const std::string& name :
       {std::string(), std::string("."), std::string("https://x/"), std::string("a:80"),
        std::string("*.acme.example"), std::string("x y"), std::string("a..b"), std::string(".a"),
        std::string("[fd00::1]"), std::string("bücher.example"), long_label, long_name}) {
    CAPTURE(name);
    CHECK_FALSE(is_host_name(name));
  }
}

TEST_CASE("an origin, as browsers write it") {
  for (const char* origin :
       {"https://tools.acme.example", "http://127.0.0.1:8080", "HTTPS://Tools:8443",
        "http://[fd00::1]", "http://[::1]:3000", "vscode-webview://0a1b", "https://a:80"}) {
    CAPTURE(std::string(origin));
    CHECK(is_web_origin(origin));
  }
  for (const char* origin :
       {"", "foo", "*", "null", "https://x/path", "https://x/", "https://", "://x", "https://*.x",
        "https://x:", "https://x:99999", "https://a b", "https://u@x", "http://[::1", "http://[x]",
        "https://x:443", "http://x:80", "1http://x"}) {
    CAPTURE(std::string(origin));
    CHECK_FALSE(is_web_origin(origin));
  }
}

TEST_CASE("Host through a Unix socket, behind which a proxy stands: checked where names are set") {
  const Peer local{"unix", true};
  const Admission named = admission();
  CHECK(named.admit(request({{"host", "registry.acme.example"}}), local));
  CHECK(named.admit(request({{"host", "localhost"}}), local));
  CHECK(named.admit(request({{"host", "127.0.0.1"}}), local));
  REQUIRE_FALSE(named.admit(request({{"host", "evil.example"}}), local));
  CHECK(named.admit(request({{"host", "evil.example"}}), local).error().code ==
        ErrorCode::host_not_allowed);
  CHECK(Admission({}, {}, {}).admit(request({{"host", "anything"}}), local));
}

std::string fields_of(const Result<Admitted>& admitted) {
  std::string head;
  if (admitted) admitted->cors.append_to(head);
  return head;
}

bool says(const std::string& head, std::string_view field) {
  return ("\r\n" + head).find("\r\n" + std::string(field) + "\r\n") != std::string::npos;
}

TEST_CASE("what anyone may read any page may read, and a page that is allowed may do more") {
  const Admission a = admission();
  const auto fields = [&](const char* method, const char* origin, bool token) {
    RequestHead head = request({{"host", "127.0.0.1:3456"}});
    head.method = method;
    if (*origin != '\0') head.headers.emplace_back("origin", origin);
    if (token) head.headers.emplace_back("authorization", "Bearer x");
    return fields_of(a.admit(head, kPeer));
  };
  for (const char* origin : {"", "https://evil.example", "null", "http://127.0.0.1:3456"}) {
    CAPTURE(std::string(origin));
    CHECK(says(fields("GET", origin, false), "Access-Control-Allow-Origin: *"));
    CHECK(says(fields("HEAD", origin, false), "Access-Control-Allow-Origin: *"));
    // An allowed one would be answered otherwise.
    CHECK(says(fields("GET", origin, false), "Vary: Origin"));
    CHECK(fields("GET", origin, true).find("Allow-Origin") == std::string::npos);
    CHECK(fields("POST", origin, false).find("Allow-Origin") == std::string::npos);
  }
  for (const char* method : {"GET", "POST", "DELETE"}) {
    const std::string head = fields(method, "https://tools.acme.example", true);
    CHECK(says(head, "Access-Control-Allow-Origin: https://tools.acme.example"));
    CHECK(says(head, "Vary: Origin"));
    CHECK(head.find("Allow-Credentials") == std::string::npos);
    for (const char* name : {"ETag", "Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining",
                             "X-RateLimit-Reset", "X-Request-ID"}) {
      CHECK(head.find(name) > head.find("Access-Control-Expose-Headers: "));
    }
  }
  // Without allowed origins every reader gets the same.
  CHECK(fields_of(Admission({}, {}, {}).admit(request({{"host", "localhost"}}), kPeer))
            .find("Vary") == std::string::npos);
}

TEST_CASE("a preflight tells an allowed page everything, another that it may read") {
  const auto field = [](const Response& response, std::string_view name) {
    for (const auto& [n, value] : response.headers) {
      if (n == name) return value + ", ";
    }
    return std::string();
  };
  const Response all = preflight_response({Cors::Readers::origin, true, "https://a.example"});
  CHECK(all.status == 204);
  CHECK(all.body.empty());
  for (const char* header : {"Content-Type, ", "Authorization, ", "X-API-Key, ", "X-Request-ID, ",
                             "Idempotency-Key, ", "Mkt-Signature, "}) {
    CHECK(field(all, "Access-Control-Allow-Headers").find(header) != std::string::npos);
  }
  for (const char* method : {"GET, ", "POST, ", "PUT, ", "PATCH, ", "DELETE, ", "OPTIONS, "}) {
    CHECK(field(all, "Access-Control-Allow-Methods").find(method) != std::string::npos);
  }
  const Response reads = preflight_response({Cors::Readers::anyone, true, {}});
  CHECK(field(reads, "Access-Control-Allow-Headers").find("Authorization") == std::string::npos);
  CHECK(field(reads, "Access-Control-Allow-Methods").find("PUT") == std::string::npos);
}

TEST_CASE("Origin of a change: the same host or an allowed one") {
  const Admission a = admission();
  const auto with = [&](const char* origin) {
    RequestHead head = request({{"host", "127.0.0.1:3456"}, {"origin", origin}});
    head.method = "POST";
    return a.admit(head, kPeer);
  };
  CHECK(with("http://127.0.0.1:3456"));
  CHECK(with("https://tools.acme.example"));
  for (const char* origin :
       {"null", "http://127.0.0.1", "http://127.0.0.1:3457", "http://evil.example",
        "https://tools.acme.example.evil.example", "http://tools.acme.example"}) {
    CAPTURE(std::string(origin));
    REQUIRE_FALSE(with(origin));
    CHECK(with(origin).error().code == ErrorCode::origin_not_allowed);
  }
}

TEST_CASE("X-Forwarded-For counts from trusted proxies only, and no further than they reach") {
  const auto address = [](const Admission& a, const Peer& peer, const char* forwarded) {
    return a.admit(request({{"host", "localhost"}, {"x-forwarded-for", forwarded}}), peer)->address;
  };
  CHECK(address(admission(), kPeer, "1.2.3.4") == "127.0.0.1");
  const Admission a = admission({"127.0.0.0/8", "10.0.0.0/8", "unix"});
  CHECK(address(a, kPeer, "1.2.3.4") == "1.2.3.4");
  CHECK(address(a, Peer{"5.6.7.8", false}, "1.2.3.4") == "5.6.7.8");
  CHECK(address(a, Peer{"unix", true}, "1.2.3.4") == "1.2.3.4");
  // What the client wrote itself stands farther left than what a proxy saw.
  CHECK(address(a, kPeer, "9.9.9.9, 1.2.3.4") == "1.2.3.4");
  CHECK(address(a, kPeer, "1.2.3.4, 10.0.0.7") == "1.2.3.4");
  CHECK(address(a, kPeer, "nonsense, 10.0.0.7") == "10.0.0.7");
  CHECK(address(a, kPeer, "") == "127.0.0.1");
  CHECK(address(a, kPeer, "2001:db8::1") == "2001:db8::1");
  // What proxies write: with a port, in brackets, an IPv4 client of a dual-stack socket.
  CHECK(address(a, kPeer, "1.2.3.4:5678") == "1.2.3.4");
  CHECK(address(a, kPeer, "[2001:db8::1]:443") == "2001:db8::1");
  CHECK(address(a, kPeer, "[2001:db8::1]") == "2001:db8::1");
  CHECK(address(a, kPeer, "2001:DB8:0::1") == "2001:db8::1");
  CHECK(address(a, kPeer, "::ffff:1.2.3.4") == "1.2.3.4");
  CHECK(address(a, kPeer, "9.9.9.9, [::ffff:10.0.0.7]:80") == "9.9.9.9");
  CHECK(address(a, kPeer, "1.2.3.4:evil") == "127.0.0.1");
  // Several fields are one list.
  CHECK(a.admit(request({{"host", "localhost"},
                         {"x-forwarded-for", "9.9.9.9"},
                         {"x-forwarded-for", "1.2.3.4"}}),
                kPeer)
            ->address == "1.2.3.4");
}

TEST_CASE("ranges of addresses") {
  CHECK(AddressRange::parse("10.0.0.0/8")->contains("10.255.0.1"));
  CHECK_FALSE(AddressRange::parse("10.0.0.0/8")->contains("11.0.0.1"));
  CHECK(AddressRange::parse("192.168.1.16/28")->contains("192.168.1.31"));
  CHECK_FALSE(AddressRange::parse("192.168.1.16/28")->contains("192.168.1.32"));
  CHECK(AddressRange::parse("::1")->contains("::1"));
  CHECK_FALSE(AddressRange::parse("::1")->contains("::2"));
  CHECK(AddressRange::parse("0.0.0.0/0")->contains("1.2.3.4"));
  CHECK_FALSE(AddressRange::parse("0.0.0.0/0")->contains("::1"));
  for (const char* text :
       {"", "10.0.0.0/33", "10.0.0/8", "::/129", "a", "10.0.0.0/", "10.0.0.0/x"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(AddressRange::parse(text));
  }
}

}  // namespace
}  // namespace mkt
