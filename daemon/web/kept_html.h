// KeptHtml: pieces of pages that take long to make, by a name whose piece never changes, such as a
// tarball's checksum.
//
// kMaxBytes bounds the memory: when half of it is new, pieces not used since then are dropped. One
// piece is made at a time, as it may take megabytes and a while. At most kMostWaiting callers wait
// for their turn, and none longer than kPatience, so that slow files do not hold all threads; the
// others are told to come again (overloaded). An error is not kept. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "common/base/result.h"
#include "daemon/web/html.h"

namespace mkt {

class KeptHtml {
 public:
  using Piece = std::shared_ptr<const Html>;
  static constexpr std::size_t kMaxBytes = 32 * 1024 * 1024;
  static constexpr std::chrono::seconds kPatience{2};
  static constexpr int kMostWaiting = 3;

  Result<Piece> get(const std::string& name, const std::function<Result<Html>()>& make);

 private:
  using Pieces = std::unordered_map<std::string, Piece>;
  Piece find(const std::string& name);
  void keep(const std::string& name, const Piece& piece);

  class Turn;  // to make a piece

  std::mutex mutex_;
  std::condition_variable made_;
  bool is_making_ = false;       // guarded by mutex_
  int waiting_ = 0;              // guarded by mutex_
  Pieces young_;                 // guarded by mutex_
  Pieces old_;                   // guarded by mutex_
  std::size_t young_bytes_ = 0;  // guarded by mutex_
};

}  // namespace mkt
