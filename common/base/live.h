// Live<T>: settings that may be replaced while requests are being served.
//
// `get` returns the current settings. A caller that holds them keeps using them, even when they are
// replaced meanwhile. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace mkt {

template <typename T>
class Live {
 public:
  Live() : Live(T{}) {}
  Live(T value) : value_(std::make_shared<const T>(std::move(value))) {}  // NOLINT: implicit

  std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void set(T value) {
    auto next = std::make_shared<const T>(std::move(value));
    const std::lock_guard lock(mutex_);
    value_ = std::move(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;  // guarded by mutex_
};

}  // namespace mkt
