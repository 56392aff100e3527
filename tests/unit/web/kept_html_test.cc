// Pieces that take long are made once, and their memory is bounded.
#include "daemon/web/kept_html.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

Html piece_of(std::size_t size) {
  Html html;
  html << std::string(size, 'a');
  return html;
}

TEST_CASE("a piece is made once, and an error is not kept") {
  KeptHtml kept;
  int made = 0;
  const auto make = [&]() -> Result<Html> {
    ++made;
    if (made == 1) return Error(ErrorCode::io_error, "no");
    return piece_of(1);
  };
  CHECK_FALSE(kept.get("a", make));
  CHECK((*kept.get("a", make))->text() == "a");
  CHECK((*kept.get("a", make))->text() == "a");
  CHECK(made == 2);
}

TEST_CASE("what was not used lately is dropped") {
  KeptHtml kept;
  const std::size_t size = KeptHtml::kMaxBytes / 8;
  int made = 0;
  const auto make = [&]() -> Result<Html> {
    ++made;
    return piece_of(size);
  };
  for (int i = 0; i < 40; ++i) REQUIRE(kept.get(std::to_string(i), make));
  CHECK(made == 40);
  REQUIRE(kept.get("39", make));
  CHECK(made == 40);
  REQUIRE(kept.get("0", make));
  CHECK(made == 41);
}

}  // namespace
}  // namespace mkt
