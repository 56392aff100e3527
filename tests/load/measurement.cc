// Counting, and cutting time into slices; see measurement.h.
#include "tests/load/measurement.h"

#include <algorithm>

namespace mkt::load {

Measurement::Measurement(std::string name, std::vector<std::string> operations, Duration slice)
    : name_(std::move(name)), slice_width_(std::max(slice, Duration(1))) {
  for (std::string& operation : operations)
    operations_.emplace_back(std::move(operation), Histogram());
  slices_.emplace_back();
}

void Measurement::record(std::size_t operation, Outcome outcome, Duration latency, Duration at) {
  // Ends come in the order of time: a slice is complete when one behind it comes.
  while (at >= slice_width_ * static_cast<std::int64_t>(slices_.size())) {
    end_slice();
    slices_.emplace_back();
  }
  Slice& slice = slices_.back();
  ++counts_[static_cast<std::size_t>(outcome)];
  switch (outcome) {
    case Outcome::answered:
      ++slice.answered;
      answered_.record(latency);
      in_slice_.record(latency);
      operations_.at(operation).second.record(latency);
      break;
    case Outcome::refused:
      ++slice.refused;
      refused_.record(latency);
      break;
    case Outcome::failed:
      ++slice.failed;
      break;
  }
}

void Measurement::explain(std::string failure) {
  if (failures_.size() < kMaxFailures) failures_.push_back(std::move(failure));
}

void Measurement::finish(Duration took) {
  end_slice();
  took_ = took;
}

std::uint64_t Measurement::total() const { return counts_[0] + counts_[1] + counts_[2]; }

double Measurement::per_second() const {
  if (took_.count() == 0) return 0;
  return static_cast<double>(count(Outcome::answered)) /
         std::chrono::duration<double>(took_).count();
}

double Measurement::error_share() const {
  if (total() == 0) return 0;
  return static_cast<double>(count(Outcome::failed)) / static_cast<double>(total());
}

void Measurement::end_slice() {
  slices_.back().p50 = in_slice_.percentile(50);
  slices_.back().p99 = in_slice_.percentile(99);
  in_slice_ = Histogram();
}

}  // namespace mkt::load
