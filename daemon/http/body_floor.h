// BodyFloor: how slowly a body that holds an upload slot may come.
//
// In every window of kWindow at least so many bytes must come that the body is there after
// kLongest, and never fewer than kMinBytes: however large it is, it holds its slot for no longer.
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
  static constexpr std::uint64_t kMinBytes = 120 * 1024;  // in a window; 8 KiB a second

  explicit BodyFloor(std::uint64_t length)
      : least_(std::max<std::uint64_t>(kMinBytes, length / (kLongest / kWindow))) {}

  void received(std::uint64_t bytes) { bytes_ += bytes; }

  // How long the next bytes may be waited for; nullopt: the window is over and too little came.
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
  std::uint64_t bytes_ = 0;  // since since_
  std::optional<Clock::time_point> since_;
};

}  // namespace mkt
