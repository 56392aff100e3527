// Counting, and cutting time into slices; see measurement.h.
#include "tests/load/measurement.h"

#include <algorithm>

namespace mkt::load {

Measurement::Measurement(std::string name, std::vector<std::string> operations)
    : name_(std::move(name)) {
  for (std::string& operation : operations) {
    operations_.emplace_back(std::move(operation), Histogram());
  }
}

void Measurement::record(std::size_t operation, Outcome outcome, Duration latency, Duration at) {
  Slice& slice = slice_at(std::max(at, Duration(0)));
  ++counts_[static_cast<std::size_t>(outcome)];
  switch (outcome) {
    case Outcome::answered:
      answered_.record(latency);
      slice.answered.record(latency);
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

Slice& Measurement::slice_at(Duration at) {
  while (at >= slice_width_ * static_cast<std::int64_t>(kMaxSlices)) {
    for (std::size_t i = 0; i < slices_.size(); i += 2) {
      Slice joined = std::move(slices_[i]);
      if (i + 1 < slices_.size()) {
        joined.answered.merge(slices_[i + 1].answered);
        joined.refused += slices_[i + 1].refused;
        joined.failed += slices_[i + 1].failed;
      }
      slices_[i / 2] = std::move(joined);
    }
    slices_.resize((slices_.size() + 1) / 2);
    slice_width_ *= 2;
  }
  const auto number = static_cast<std::size_t>(at / slice_width_);
  if (number >= slices_.size()) slices_.resize(number + 1);
  return slices_[number];
}

void Measurement::explain(std::string failure) {
  if (failures_.size() < kMaxFailures) failures_.push_back(std::move(failure));
}

void Measurement::finish(Duration took, Duration driver) {
  took_ = took;
  driver_ = driver;
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

}  // namespace mkt::load
