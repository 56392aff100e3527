// KeptHtml: pieces of pages that take long to make, by a name whose piece never changes, such as a
// tarball's checksum.
//
// kMaxBytes bounds the memory: when half of it is new, pieces not used since then are dropped. One
// piece is made at a time, as it may take megabytes and a while; who waits longer than kPatience is
// told to come again (overloaded), so that slow files do not hold all threads. An error is not
// kept. Thread-safe.
#pragma once

#include <chrono>
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

  Result<Piece> get(const std::string& name, const std::function<Result<Html>()>& make);

 private:
  using Pieces = std::unordered_map<std::string, Piece>;
  Piece find(const std::string& name);
  void keep(const std::string& name, const Piece& piece);

  std::timed_mutex making_;  // taken before mutex_
  std::mutex mutex_;
  Pieces young_;                 // guarded by mutex_
  Pieces old_;                   // guarded by mutex_
  std::size_t young_bytes_ = 0;  // guarded by mutex_
};

}  // namespace mkt
