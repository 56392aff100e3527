// What of a token may be told.
#include "common/base/token_text.h"

#include <doctest/doctest.h>

#include <string>

namespace mkt {
namespace {

TEST_CASE("the id of a token is told from its secret") {
  const std::string token = "mkt_0123456789ab_" + std::string(64, 'c');
  CHECK(token.size() == kTokenLength);
  CHECK(token_id_in(token) == "0123456789ab");
  CHECK(token_id_in("mkt_0123456789ab_c") == "0123456789ab");
}

TEST_CASE("what does not begin as a token has no id") {
  for (const char* text : {"", "mkt_", "0123456789ab", "mkt_0123456789ab", "mkt_0123456789a_c",
                           "mkt_0123456789abc_d", "mkt_0123456789xy_c", "Mkt_0123456789ab_c"}) {
    CAPTURE(text);
    CHECK(token_id_in(text).empty());
  }
}

}  // namespace
}  // namespace mkt
