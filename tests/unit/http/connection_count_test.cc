// How many connections one address may hold.
#include "daemon/http/connection_count.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

using Clients = ConnectionCount::Clients;

TEST_CASE("an address holds as many connections as it may, and another its own") {
  ConnectionCount count(100, 2);
  CHECK(count.enter("10.0.0.1", Clients::one));
  CHECK(count.enter("10.0.0.1", Clients::one));
  CHECK_FALSE(count.enter("10.0.0.1", Clients::one));
  CHECK(count.enter("10.0.0.2", Clients::one));
  count.leave("10.0.0.1");
  CHECK(count.enter("10.0.0.1", Clients::one));
}

TEST_CASE("of IPv6 a /64 is one client, as it is for the limits") {
  ConnectionCount count(100, 2);
  CHECK(count.enter("2001:db8::1", Clients::one));
  CHECK(count.enter("2001:db8::2", Clients::one));
  CHECK_FALSE(count.enter("2001:db8::ffff:3", Clients::one));
  CHECK(count.enter("2001:db8:0:1::1", Clients::one));
  count.leave("2001:db8::1");
  CHECK(count.enter("2001:db8::4", Clients::one));
  CHECK(count.all() == 3);
}

TEST_CASE("an address that many clients share has no bound of its own") {
  ConnectionCount count(4, 2);
  for (int i = 0; i < 4; ++i) CHECK(count.enter("unix", Clients::many));
  CHECK_FALSE(count.enter("unix", Clients::many));
}

TEST_CASE("without a bound for an address it is the number of all that counts") {
  ConnectionCount count(3, 0);
  for (int i = 0; i < 3; ++i) CHECK(count.enter("10.0.0.1", Clients::one));
  CHECK_FALSE(count.enter("10.0.0.2", Clients::one));
  count.leave("10.0.0.1");
  CHECK(count.enter("10.0.0.2", Clients::one));
}

}  // namespace
}  // namespace mkt
