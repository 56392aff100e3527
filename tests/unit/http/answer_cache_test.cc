// Kept answers: gone with the next change, and never more than the bound.
#include "daemon/http/answer_cache.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace mkt {
namespace {

std::shared_ptr<const KeptAnswer> answer(std::uint64_t changes, std::size_t size = 10) {
  auto kept = std::make_shared<KeptAnswer>();
  kept->answer.body = std::make_shared<const std::string>(size, 'x');
  kept->changes = changes;
  return kept;
}

TEST_CASE("an answer is good until something changes") {
  AnswerCache cache;
  cache.keep("/a", answer(5));
  CHECK(cache.find("/a", 5));
  CHECK_FALSE(cache.find("/a", 6));
  CHECK_FALSE(cache.find("/b", 5));
  cache.keep("/a", answer(6));
  CHECK(cache.find("/a", 6));
}

TEST_CASE("what is asked for stays, what is not goes, when the room is used up") {
  AnswerCache cache;
  const std::size_t size = 100'000;
  cache.keep("/hot", answer(1, size));
  for (int i = 0; i < 1000; ++i) {
    cache.keep(fmt::format("/{}", i), answer(1, size));
    CHECK(cache.find("/hot", 1));
  }
  CHECK_FALSE(cache.find("/0", 1));
  CHECK(cache.find("/999", 1));
  std::size_t kept = 0;
  for (int i = 0; i < 1000; ++i) kept += cache.find(fmt::format("/{}", i), 1) ? size : 0;
  CHECK(kept <= AnswerCache::kMaxBytes);
}

TEST_CASE("an answer that is too large is not kept") {
  AnswerCache cache;
  cache.keep("/a", answer(1, AnswerCache::kMaxAnswerBytes + 1));
  CHECK_FALSE(cache.find("/a", 1));
}

}  // namespace
}  // namespace mkt
