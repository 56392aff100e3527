// What a mistyped word was meant to be.
#include "common/base/edit_distance.h"

#include <doctest/doctest.h>

#include <vector>

namespace mkt {
namespace {

TEST_CASE("the distance counts letters added, left out, replaced and swapped") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("publish", "publish") == 0);
  CHECK(edit_distance("publsh", "publish") == 1);
  CHECK(edit_distance("publiish", "publish") == 1);
  CHECK(edit_distance("puplish", "publish") == 1);
  CHECK(edit_distance("pubilsh", "publish") == 1);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest word is what was meant, and a word that is near to nothing is none") {
  const std::vector<std::string> known = {"install", "list", "login", "logout", "publish", "info"};
  CHECK(nearest_word("instal", known) == "install");
  CHECK(nearest_word("pubilsh", known) == "publish");
  CHECK(nearest_word("lst", known) == "list");
  CHECK(nearest_word("pub", known) == "publish");  // it begins so
  CHECK_FALSE(nearest_word("deploy", known));
  CHECK_FALSE(nearest_word("x", known));
  CHECK_FALSE(nearest_word("", known));
}

}  // namespace
}  // namespace mkt
