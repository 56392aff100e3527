// Measurement: what one run of a load gave, while it runs and afterwards.
//
// Every request ends as one of three: answered as it should be, refused as a busy or limiting
// registry may (429, 503), or failed. Latencies of the first two are kept apart: a refusal is
// quick, and a mean of both would say nothing. They count from the moment a request was due, not
// from the one it was sent at: a registry that stalls would otherwise keep the requests from being
// sent that would have measured the stall ("coordinated omission").
//
// Time is cut into slices for the curves. A value; use from one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/load/histogram.h"

namespace mkt::load {

enum class Outcome { answered, refused, failed };

// A part of the run's time, by when its requests ended.
struct Slice {
  std::uint64_t answered = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  Histogram::Duration p50{0}, p99{0};  // of the answered ones
};

class Measurement {
 public:
  using Duration = Histogram::Duration;
  static constexpr std::size_t kMaxFailures = 5;

  // `slice`: how wide; `operations`: what the requests do, by number.
  Measurement(std::string name, std::vector<std::string> operations, Duration slice);

  // `at`: since the run began.
  void record(std::size_t operation, Outcome outcome, Duration latency, Duration at);
  // Explains a failure; only the first few are kept.
  void explain(std::string failure);
  void finish(Duration took);

  const std::string& name() const { return name_; }
  Duration took() const { return took_; }
  Duration slice_width() const { return slice_width_; }
  const std::vector<Slice>& slices() const { return slices_; }
  const std::vector<std::string>& failures() const { return failures_; }

  std::uint64_t count(Outcome outcome) const { return counts_[static_cast<std::size_t>(outcome)]; }
  std::uint64_t total() const;
  // Of those that were answered, a second.
  double per_second() const;
  // Failed ones, as a part of all.
  double error_share() const;

  const Histogram& answered() const { return answered_; }
  const Histogram& refused() const { return refused_; }
  // By what they do; answered ones.
  const std::vector<std::pair<std::string, Histogram>>& operations() const { return operations_; }

 private:
  void end_slice();

  std::string name_;
  Duration slice_width_;
  Duration took_{0};
  std::array<std::uint64_t, 3> counts_{};
  Histogram answered_, refused_, in_slice_;
  std::vector<std::pair<std::string, Histogram>> operations_;
  std::vector<Slice> slices_;
  std::vector<std::string> failures_;
};

}  // namespace mkt::load
