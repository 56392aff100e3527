#include "daemon/http/request_metrics.h"

#include <algorithm>
#include <chrono>

namespace mkt {
namespace {

constexpr auto kMethods =
    std::to_array<std::string_view>({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"});

std::string_view method_word(std::string_view method) {
  const auto known = std::find(kMethods.begin(), kMethods.end(), method);
  return known == kMethods.end() ? "other" : *known;
}

}  // namespace

void RequestMetrics::count(const AccessRecord& r) {
  const std::string_view route = r.route.empty() ? std::string_view("(none)") : r.route;
  const std::lock_guard lock(mutex_);
  auto found = by_route_.find(route);
  if (found == by_route_.end()) found = by_route_.emplace(route, ByMethod()).first;
  std::unique_ptr<Counted>& counted = found->second[method_word(r.method)];
  if (!counted) counted = std::make_unique<Counted>();
  ++counted->by_status[r.status];
  counted->seconds.add(std::chrono::duration<double>(r.duration).count());
  counted->bytes_in += r.bytes_in;
  counted->bytes_out += r.bytes_out;
}

std::vector<RequestMetrics::Series> RequestMetrics::series() const {
  const std::lock_guard lock(mutex_);
  std::vector<Series> all;
  for (const auto& [route, by_method] : by_route_) {
    for (const auto& [method, counted] : by_method) {
      all.push_back({std::string(method),
                     route,
                     {counted->by_status.begin(), counted->by_status.end()},
                     counted->seconds.snapshot(),
                     counted->bytes_in,
                     counted->bytes_out});
    }
  }
  return all;
}

}  // namespace mkt
