// Usage: counts downloads of versions, notes the last use of tokens, and tells the audit log of
// sign-ins that failed (rules/sign_in_failures.h).
//
// It collects in memory and writes to the store from time to time, so no request waits for a disk.
// A crash loses only the counts of the last few seconds. Thread-safe. The destructor writes what is
// left and joins the thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "daemon/rules/sign_in_failures.h"
#include "daemon/service/marketplace.h"

namespace mkt {

class Usage {
 public:
  // A token's use is written again only when the last note is at least this old.
  static constexpr std::chrono::minutes kTokenPrecision{1};

  explicit Usage(const Marketplace& market);
  ~Usage();
  Usage(const Usage&) = delete;
  Usage& operator=(const Usage&) = delete;

  void downloaded(const VersionRecord& version);
  void token_used(const std::string& token_id, UtcTime at);
  // `token` is what was sent; only its public part is kept.
  void sign_in_failed(std::string_view address, std::string_view token, UtcTime at);

 private:
  struct Gathered {
    std::map<std::pair<std::string, std::string>, std::int64_t> downloads;  // by id and version
    std::map<std::string, UtcTime> tokens;
    std::vector<SignInFailure> failures;
    bool empty() const { return downloads.empty() && tokens.empty() && failures.empty(); }
  };
  void work();
  void write(const Gathered& gathered);

  const Marketplace& market_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Gathered gathered_;                     // guarded by mutex_
  SignInFailures failures_;               // guarded by mutex_
  std::map<std::string, UtcTime> noted_;  // guarded by mutex_; last noted use of each token
  bool stopping_ = false;                 // guarded by mutex_
  std::thread thread_;
};

}  // namespace mkt
