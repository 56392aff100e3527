// Buckets that grow with the value; see histogram.h.
#include "tests/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mkt::load {
namespace {

constexpr unsigned kBits = 8;
constexpr std::uint64_t kPerDoubling = 1U << kBits;
constexpr std::uint64_t kLongest = 120'000'000'000;

// Values below 2 * kPerDoubling have a bucket each; above, those that share their first kBits + 1
// binary digits share one.
std::size_t bucket_of(std::uint64_t value) {
  const auto digits = static_cast<unsigned>(std::bit_width(value));
  if (digits <= kBits + 1) return value;
  const unsigned shift = digits - kBits - 1;
  return shift * kPerDoubling + (value >> shift);
}

std::uint64_t highest_of(std::size_t bucket) {
  if (bucket < 2 * kPerDoubling) return bucket;
  const std::uint64_t shift = bucket / kPerDoubling - 1;
  const std::uint64_t first = bucket - shift * kPerDoubling;
  return ((first + 1) << shift) - 1;
}

}  // namespace

void Histogram::record(Duration value) {
  value = std::max(value, Duration(0));
  const std::size_t bucket =
      bucket_of(std::min(static_cast<std::uint64_t>(value.count()), kLongest));
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value.count());
}

void Histogram::merge(const Histogram& other) {
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

Histogram::Duration Histogram::mean() const {
  if (count_ == 0) return Duration(0);
  return Duration(static_cast<std::int64_t>(sum_ / static_cast<double>(count_)));
}

Histogram::Duration Histogram::percentile(double percent) const {
  if (count_ == 0) return Duration(0);
  // 99.9 is no binary fraction: without this a rank that should be whole is one more.
  constexpr double kRounding = 1e-6;
  const double rank = std::ceil(static_cast<double>(count_) * percent / 100 - kRounding);
  const auto wanted = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank), 1, count_);
  // The longest is known exactly, and may be beyond the buckets.
  if (wanted == count_) return max_;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) {
      return std::clamp(Duration(static_cast<std::int64_t>(highest_of(i))), min_, max_);
    }
  }
  return max_;
}

}  // namespace mkt::load
