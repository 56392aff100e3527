// Usage: what is counted in passing, downloads of versions and the last use of tokens.
//
// Gathered in memory and written to the store now and then, so that a request waits for no disk. A
// crash loses the counts of the last few seconds, nothing else. Thread-safe; its thread is joined
// by the destructor, which writes what is left.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "daemon/service/marketplace.h"

namespace mkt {

class Usage {
 public:
  // A token's use is noted again only when the last note is as old as this.
  static constexpr std::chrono::minutes kTokenPrecision{1};

  explicit Usage(const Marketplace& market);
  ~Usage();
  Usage(const Usage&) = delete;
  Usage& operator=(const Usage&) = delete;

  void downloaded(const VersionRecord& version);
  void token_used(const std::string& token_id, UtcTime at);

 private:
  struct Gathered {
    std::map<std::pair<std::string, std::string>, std::int64_t> downloads;  // by id and version
    std::map<std::string, UtcTime> tokens;
    bool empty() const { return downloads.empty() && tokens.empty(); }
  };
  void work();
  void write(const Gathered& gathered);

  const Marketplace& market_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Gathered gathered_;                     // guarded by mutex_
  std::map<std::string, UtcTime> noted_;  // guarded by mutex_; uses of tokens
  bool stopping_ = false;                 // guarded by mutex_
  std::thread thread_;
};

}  // namespace mkt
