#include "daemon/rules/visibility.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

const std::vector<std::string> kAcme{"acme"};
const std::vector<std::string> kOwner{"maker"};

TEST_CASE("what is visible to nobody in particular is for everyone") {
  CHECK(sees({}, {}, kOwner));
  CHECK(is_visible_to({}, "any"));
}

TEST_CASE("a connector for some tenants is there for these, its owners and admins") {
  CHECK(sees({true, "", ""}, kAcme, kOwner));
  CHECK(sees({false, "maker", ""}, kAcme, kOwner));
  CHECK(sees({false, "", "acme"}, kAcme, kOwner));
}

TEST_CASE("for anybody else it is not there") {
  CHECK_FALSE(sees({}, kAcme, kOwner));
  CHECK_FALSE(sees({false, "rival", ""}, kAcme, kOwner));
  CHECK_FALSE(sees({false, "", "beta"}, kAcme, kOwner));
  // A tenant with the name of an owner, and a publisher with the name of a tenant.
  CHECK_FALSE(sees({false, "", "maker"}, kAcme, kOwner));
  CHECK_FALSE(sees({false, "acme", ""}, kAcme, kOwner));
  CHECK_FALSE(sees({}, {""}, {""}));
}

}  // namespace
}  // namespace mkt
