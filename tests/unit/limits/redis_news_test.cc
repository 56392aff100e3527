#include "daemon/limits/redis_news.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

using namespace std::chrono_literals;

TEST_CASE("what another daemon counted is understood") {
  const auto news =
      parse_limit_news("100 900000000 36 mkt:limit:{marketplace:search:address:2001:db8::/64}:log");
  REQUIRE(news);
  CHECK_FALSE(news->reset);
  CHECK(news->limit == Limit{100, 15min});
  CHECK(news->counted == 36);
  CHECK(news->key.scope == LimitScope::search);
  CHECK(news->key.subject == "address:2001:db8::/64");
}

TEST_CASE("a reset is understood") {
  const auto news =
      parse_limit_news("reset mkt:limit:{marketplace:publish:publisher:acme}:parts:900000");
  REQUIRE(news);
  CHECK(news->reset);
  CHECK(news->key.subject == "publisher:acme");
}

TEST_CASE("anything else on the channel is left alone") {
  const std::string key = " mkt:limit:{marketplace:search:address:10.0.0.1}:log";
  for (const std::string& wrong :
       {std::string(), std::string("reset"), std::string("reset nothing"), "100 900000000" + key,
        "0 900000000 1" + key, "-1 900000000 1" + key, "100 0 1" + key, "100 -5 1" + key,
        "2000000 900000000 1" + key, "100 900000000000000000 1" + key, "100 900000000 x" + key,
        std::string("100 900000000 1 mkt:limit:}search:a{"),
        std::string("100 900000000 1 mkt:limit:{nothing:a}:log"),
        "100 900000000 1" + key + std::string(2000, 'x')}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_limit_news(wrong));
  }
}

}  // namespace
}  // namespace mkt
