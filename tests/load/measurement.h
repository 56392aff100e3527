// Measurement: what one run of a load gave, while it runs and afterwards.
//
// Every request ends as one of three: answered as it should be, which may be a 409, refused as a
// busy or limiting registry may (429, 503), or failed. Latencies of the first two are kept apart: a
// refusal is quick, and a mean of both would say nothing. They count from the moment a request was
// due, not from the one it was sent at: a registry that stalls would otherwise keep the requests
// from being sent that would have measured the stall ("coordinated omission").
//
// Time is cut into slices for the curves: at first of kFirstWidth, and whenever there are
// kMaxSlices of them each two become one, so that a run of any length has enough and not too many.
// A value; use from one thread.
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
  Histogram answered;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
};

class Measurement {
 public:
  using Duration = Histogram::Duration;
  static constexpr std::size_t kMaxFailures = 5;
  static constexpr std::size_t kMaxSlices = 120;
  static constexpr Duration kFirstWidth = std::chrono::milliseconds(25);

  // `operations`: what the requests do, by number.
  Measurement(std::string name, std::vector<std::string> operations);

  // `at`: since the run began.
  void record(std::size_t operation, Outcome outcome, Duration latency, Duration at);
  // Explains a failure; only the first few are kept.
  void explain(std::string failure);
  // `driver`: what the driver used of the processor, on a machine that it may share with what it
  // measures.
  void finish(Duration took, Duration driver = Duration(0));

  const std::string& name() const { return name_; }
  Duration took() const { return took_; }
  Duration driver() const { return driver_; }
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
  Slice& slice_at(Duration at);

  std::string name_;
  Duration slice_width_ = kFirstWidth;
  Duration took_{0}, driver_{0};
  std::array<std::uint64_t, 3> counts_{};
  Histogram answered_, refused_;
  std::vector<std::pair<std::string, Histogram>> operations_;
  std::vector<Slice> slices_;
  std::vector<std::string> failures_;
};

}  // namespace mkt::load
