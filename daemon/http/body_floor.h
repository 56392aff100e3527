// BodyFloor: the lowest speed of a body that holds an upload slot.
//
// In every window of kWindow, enough bytes must arrive that the whole body would arrive within
// kLongest, and at least kMinBytes. So no body holds its slot longer than that, however large it
// is.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace mkt {

class BodyFloor {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::seconds kWindow{15};
  static constexpr std::chrono::minutes kLongest{10};
  static constexpr std::uint64_t kMinBytes = 120 * 1024;  // per window; 8 KiB a second

  explicit BodyFloor(std::uint64_t length)
      : least_(std::max<std::uint64_t>(kMinBytes, length / (kLongest / kWindow))) {}

  void received(std::uint64_t bytes) { bytes_ += bytes; }

  // How long to wait for the next bytes; nullopt: the window is over and too few bytes arrived.
  std::optional<std::chrono::milliseconds> patience(Clock::time_point now) {
    if (!since_) since_ = now;
    if (now >= *since_ + kWindow) {
      if (bytes_ < least_) return std::nullopt;
      since_ = now;
      bytes_ = 0;
    }
    return std::chrono::ceil<std::chrono::milliseconds>(*since_ + kWindow - now);
  }

 private:
  std::uint64_t least_;
  std::uint64_t bytes_ = 0;  // received since since_
  std::optional<Clock::time_point> since_;
};

}  // namespace mkt
