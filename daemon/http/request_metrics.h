// RequestMetrics: requests by method, route and status, and how long they took.
//
// Series are as many as there are routes, methods and statuses: a method that is none of HTTP's is
// counted as "other", a path that is no route's as "(none)", so no client makes series. A request's
// time is from its head's last byte to its answer's. Thread-safe; counting costs a lock and a look
// into a table.
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

// In seconds: from what the front answers by itself to a large upload.
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
  // By route and method.
  std::vector<Series> series() const;

 private:
  struct Counted {
    std::map<int, std::uint64_t> by_status;
    BucketCounts<kRequestSeconds.size()> seconds{kRequestSeconds};
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
  };
  using ByMethod = std::map<std::string_view, std::unique_ptr<Counted>>;  // of constant words

  mutable std::mutex mutex_;
  std::map<std::string, ByMethod, std::less<>> by_route_;  // guarded by mutex_
};

}  // namespace mkt
