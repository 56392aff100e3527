// RequestMetrics: counts requests by method, route and status, and measures how long they take.
//
// The number of series is bounded by the routes, methods and statuses: an unknown method counts as
// "other" and an unknown path as "(none)", so no client can add a series. A request's time is from
// the last byte of its head to the last byte of its answer. Thread-safe; counting needs a lock and
// a look into a table.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bucket_counts.h"
#include "daemon/http/access_record.h"

namespace mkt {

// In seconds: from an answer by the front itself to a large upload.
inline constexpr auto kRequestSeconds =
    std::to_array<double>({0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                           0.25, 0.5, 1, 2.5, 5, 10, 30});

class RequestMetrics {
 public:
  void count(const AccessRecord& record);

  struct Series {
    std::string method;
    std::string route;
    std::vector<std::pair<int, std::uint64_t>> by_status;
    BucketSnapshot seconds;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
  };
  // Sorted by route and method.
  std::vector<Series> series() const;

 private:
  struct Counted {
    std::map<int, std::uint64_t> by_status;
    BucketCounts<kRequestSeconds.size()> seconds{kRequestSeconds};
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
  };
  using ByMethod = std::map<std::string_view, std::unique_ptr<Counted>>;  // the keys are constants

  mutable std::mutex mutex_;
  std::map<std::string, ByMethod, std::less<>> by_route_;  // guarded by mutex_
};

}  // namespace mkt
