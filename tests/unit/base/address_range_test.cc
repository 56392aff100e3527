// Addresses: one spelling each, and what counts as one client.
#include "common/base/address_range.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("RFC 4291 section 2.5.5.2: a mapped address is the IPv4 address") {
  CHECK(canonical_address("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(canonical_address("::FFFF:c000:0201") == "192.0.2.1");
  CHECK(canonical_address("0:0:0:0:0:ffff:c000:201") == "192.0.2.1");
  CHECK(canonical_address("192.0.2.1") == "192.0.2.1");
  CHECK(canonical_address("::1") == "::1");
  CHECK(canonical_address("::192.0.2.1") != "192.0.2.1");
}

TEST_CASE("RFC 5952: an IPv6 address has one spelling") {
  for (const char* text : {"2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:0db8::0001"}) {
    CHECK(canonical_address(text) == "2001:db8::1");
  }
}

TEST_CASE("what is no address has none") {
  for (const char* text : {"", "unix", "localhost", "1.2.3", "1.2.3.4.5", "0x7f000001",
                           "fe80::1%lo", "1.2.3.4 ", "[::1]", "1.2.3.4:80"}) {
    CAPTURE(text);
    CHECK_FALSE(canonical_address(text));
  }
}

TEST_CASE("what proxies write of a client may have brackets and a port") {
  CHECK(forwarded_address("192.0.2.1") == "192.0.2.1");
  CHECK(forwarded_address("192.0.2.1:65535") == "192.0.2.1");
  CHECK(forwarded_address("2001:db8::1") == "2001:db8::1");
  CHECK(forwarded_address("[2001:db8::1]:80") == "2001:db8::1");
  CHECK(forwarded_address("[::ffff:192.0.2.1]:80") == "192.0.2.1");
  for (const char* text :
       {"", ":", "[", "[]", "[192.0.2.1]", "[::1", "[::1]x", "[::1]:", "192.0.2.1:", "192.0.2.1:x",
        "192.0.2.1:1234567", "192.0.2.1:1:2", "unknown", "_hidden"}) {
    CAPTURE(text);
    CHECK_FALSE(forwarded_address(text));
  }
}

TEST_CASE("one client has a /64 of IPv6, and one address of IPv4") {
  CHECK(network_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  CHECK(network_of("2001:db8:1:2::") == network_of("2001:db8:1:2:ffff::1"));
  CHECK(network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1"));
  CHECK(network_of("192.0.2.1") == "192.0.2.1");
  CHECK(network_of("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(network_of("unix") == "unix");
}

TEST_CASE("a range of mapped addresses holds IPv4 addresses") {
  CHECK(AddressRange::parse("::ffff:10.0.0.0/104")->contains("10.1.2.3"));
  CHECK_FALSE(AddressRange::parse("::ffff:10.0.0.0/104")->contains("11.1.2.3"));
  CHECK(AddressRange::parse("::ffff:10.0.0.1")->contains("10.0.0.1"));
}

}  // namespace
}  // namespace mkt
