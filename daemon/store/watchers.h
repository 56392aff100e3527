// Watchers: who is told of each commit, of any store (Store::watch).
//
// Thread-safe. `tell` calls one watcher after another, and one caller of `tell` after another.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "daemon/store/store.h"

namespace mkt {

class Watchers {
 public:
  // The Watch must not outlive this object.
  [[nodiscard]] Watch add(std::function<void(const Touches&)> told) {
    const std::lock_guard lock(mutex_);
    const int id = next_++;
    told_.emplace(id, std::move(told));
    return Watch([this, id] {
      const std::lock_guard ending(mutex_);
      told_.erase(id);
    });
  }
  void tell(const Touches& touches) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, told] : told_) told(touches);
  }

 private:
  std::mutex mutex_;
  std::map<int, std::function<void(const Touches&)>> told_;  // guarded by mutex_
  int next_ = 0;                                             // guarded by mutex_
};

}  // namespace mkt
