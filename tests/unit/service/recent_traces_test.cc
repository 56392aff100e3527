#include "daemon/service/recent_traces.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("the traces of the latest requests are known, and older ones take no room") {
  RecentTraces traces;
  const auto name = [](std::size_t i) { return "request" + std::to_string(i); };
  for (std::size_t i = 0; i <= RecentTraces::kMostTraces; ++i) {
    traces.remember(name(i), {std::to_string(i), "1234567890123456", true, ""});
  }
  CHECK_FALSE(traces.of(name(0)));
  REQUIRE(traces.of(name(1)));
  CHECK(traces.of(name(1))->trace_id == "1");
  CHECK(traces.of(name(RecentTraces::kMostTraces)));
  CHECK_FALSE(traces.of("nobody's"));
}

TEST_CASE("a request that is named twice takes one place") {
  RecentTraces traces;
  for (std::size_t i = 0; i < 2 * RecentTraces::kMostTraces; ++i) {
    traces.remember("same", {std::to_string(i), "1234567890123456", true, ""});
  }
  traces.remember("other", {"x", "1234567890123456", true, ""});
  CHECK(traces.of("same"));
  CHECK(traces.of("other"));
}

}  // namespace
}  // namespace mkt
