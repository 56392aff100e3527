// Kept answers: gone with the next change, and never more than the bound.
#include "daemon/http/answer_cache.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace mkt {
namespace {

std::shared_ptr<const KeptAnswer> answer(const Freshness& same_while, std::size_t size = 10) {
  auto kept = std::make_shared<KeptAnswer>();
  kept->answer.body = std::make_shared<const std::string>(size, 'x');
  kept->same_while = same_while;
  return kept;
}

TEST_CASE("an answer is good until something changes") {
  ChangeClock clock;
  AnswerCache cache;
  cache.keep("/a", answer(clock.now()));
  CHECK(cache.find("/a"));
  CHECK_FALSE(cache.find("/b"));
  clock.move(Touches::all());
  CHECK_FALSE(cache.find("/a"));
  cache.keep("/a", answer(clock.now()));
  CHECK(cache.find("/a"));
}

TEST_CASE("what is asked for stays, what is not goes, when the room is used up") {
  AnswerCache cache;
  const std::size_t size = 100'000;
  cache.keep("/hot", answer(Freshness(), size));
  for (int i = 0; i < 1000; ++i) {
    cache.keep(fmt::format("/{}", i), answer(Freshness(), size));
    CHECK(cache.find("/hot"));
  }
  CHECK_FALSE(cache.find("/0"));
  CHECK(cache.find("/999"));
  std::size_t kept = 0;
  for (int i = 0; i < 1000; ++i) kept += cache.find(fmt::format("/{}", i)) ? size : 0;
  CHECK(kept <= AnswerCache::kMaxBytes);
}

TEST_CASE("an answer that is too large is not kept") {
  AnswerCache cache;
  cache.keep("/a", answer(Freshness(), AnswerCache::kMaxAnswerBytes + 1));
  CHECK_FALSE(cache.find("/a"));
}

}  // namespace
}  // namespace mkt
