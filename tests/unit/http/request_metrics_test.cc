// Series of requests, and that clients make none of their own.
#include "daemon/http/request_metrics.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

AccessRecord request(const std::string& method, const std::string& route, int status,
                     std::chrono::microseconds duration = std::chrono::microseconds(700)) {
  AccessRecord r;
  r.method = method;
  r.route = route;
  r.path = "/whatever";
  r.status = status;
  r.bytes_in = 10;
  r.bytes_out = 100;
  r.duration = duration;
  return r;
}

TEST_CASE("requests are counted by method, route and status, and timed by method and route") {
  RequestMetrics metrics;
  metrics.count(request("GET", "/v1/search", 200));
  metrics.count(request("GET", "/v1/search", 200));
  metrics.count(request("GET", "/v1/search", 429, std::chrono::seconds(40)));
  metrics.count(request("POST", "/v1/tokens", 201));
  const auto series = metrics.series();
  REQUIRE(series.size() == 2);
  CHECK(series[0].route == "/v1/search");
  CHECK(series[0].by_status == std::vector<std::pair<int, std::uint64_t>>{{200, 2}, {429, 1}});
  CHECK(series[0].seconds.counts[3] == 2);      // up to a millisecond
  CHECK(series[0].seconds.counts.back() == 1);  // longer than all bounds
  CHECK(series[0].bytes_in == 30);
  CHECK(series[0].bytes_out == 300);
  CHECK(series[1].method == "POST");
}

TEST_CASE("whatever clients send, the number of series is bounded") {
  RequestMetrics metrics;
  for (int i = 0; i < 100; ++i) {
    metrics.count(request("METHOD" + std::to_string(i), "", 404));
    metrics.count(request("-", "", 400));
  }
  const auto series = metrics.series();
  REQUIRE(series.size() == 1);
  CHECK(series[0].method == "other");
  CHECK(series[0].route == "(none)");
}

}  // namespace
}  // namespace mkt
