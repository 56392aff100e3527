// Pieces that take long are made once, and their memory is bounded.
#include "daemon/web/kept_html.h"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

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

TEST_CASE("few wait for a piece that takes long, and one more is told so at once") {
  KeptHtml kept;
  std::latch begun(1), told(1);
  std::jthread maker([&] {
    CHECK(kept.get("slow", [&]() -> Result<Html> {
      begun.count_down();
      told.wait();
      return piece_of(1);
    }));
  });
  begun.wait();
  std::atomic<int> refused = 0, shown = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i <= KeptHtml::kMostWaiting; ++i) {
      callers.emplace_back([&] {
        const auto piece = kept.get("slow", [] { return Result<Html>(piece_of(1)); });
        if (piece) {
          ++shown;
          return;
        }
        CHECK(piece.error().code == ErrorCode::overloaded);
        if (++refused == 1) told.count_down();  // while the others wait
      });
    }
  }
  CHECK(refused == 1);
  CHECK(shown == KeptHtml::kMostWaiting);
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
