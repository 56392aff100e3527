// Whose request is it, and is it meant for us.
#include "daemon/http/admission.h"

#include <doctest/doctest.h>

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

TEST_CASE("Host: addresses, localhost and allowed names; a page's own name is refused") {
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
  CHECK(a.admit(request({{"host", "anything"}}), Peer{"unix", true}));
}

TEST_CASE("Origin: the same host or an allowed one") {
  const Admission a = admission();
  const auto with = [&](const char* origin) {
    return a.admit(request({{"host", "127.0.0.1:3456"}, {"origin", origin}}), kPeer);
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
    return *a.admit(request({{"host", "localhost"}, {"x-forwarded-for", forwarded}}), peer);
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
  CHECK(*a.admit(request({{"host", "localhost"},
                          {"x-forwarded-for", "9.9.9.9"},
                          {"x-forwarded-for", "1.2.3.4"}}),
                 kPeer) == "1.2.3.4");
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
