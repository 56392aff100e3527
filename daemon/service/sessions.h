// Sessions: who has signed in on the pages.
//
// A browser keeps a cookie:
//
//   <token's id>.<began>.<used>.<id>.<code>
//
// `began` and `used` are Unix milliseconds, `id` is 128 random bits in hex, and `code` (MacKey)
// shows that a daemon of this marketplace wrote the rest. So nothing is kept for a session, and
// each daemon that has the key knows it. What is kept is which sessions have ended: signing out is
// an entry of the log, which every daemon follows. A session also ends kLongest after it began and
// kIdle after its last use, which the cookie tells to kPrecision; and with its token, for which the
// caller asks the store (resume_session, tokens.h). Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/mac_key.h"
#include "common/base/result.h"
#include "common/base/utc_time.h"
#include "daemon/service/marketplace.h"

namespace mkt {

struct Session {
  std::string id;  // names it in the log; whoever knows it cannot act for it
  std::string token_id;
  std::string form_secret;  // what its forms carry, and a page of another site cannot know
  std::string renewed;  // the cookie from now on; empty while the present one tells the last use
};

class Sessions {
 public:
  static constexpr std::chrono::hours kLongest{8};
  static constexpr std::chrono::hours kIdle{1};
  static constexpr std::chrono::minutes kPrecision{1};
  // How far the clocks of daemons may be apart.
  static constexpr std::chrono::minutes kClocksApart{5};

  Sessions(const Marketplace& market, const MacKey& key);
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  // The cookie of a new session.
  std::string begin(std::string_view token_id) const;
  // nullopt where the cookie is not ours, or its time is over. Asks nobody whether it was signed
  // out.
  std::optional<Session> read(std::string_view cookie) const;
  // The same, and nullopt where it was signed out. Errors: those of reading the log.
  Result<std::optional<Session>> find(std::string_view cookie);
  // Signs out: here whatever happens, and at every other daemon where the change can be made.
  // Errors: those of a change.
  Status end(const Actor& actor, const Session& session);
  // Whether a session that was found has ended since, as far as this daemon has heard.
  bool has_ended(const Session& session);

 private:
  std::string cookie_of(std::string_view token_id, UtcTime began, UtcTime used,
                        std::string_view id) const;
  void hear(const Touches& touches);
  void keep_ended(const std::vector<std::string>& ids);  // mutex_ is held
  // Reads from the log what was signed out, where this object may not have heard of it: before it
  // began to listen, and while other daemons' changes may be unknown here (MemoryLease).
  Status read_ended();
  Result<bool> is_over(const std::string& id);

  const Marketplace& market_;
  const MacKey key_;
  std::mutex reading_;  // for one read_ended at a time
  std::mutex mutex_;
  // When each may be forgotten: by a clock that nobody sets.
  std::map<std::string, std::chrono::steady_clock::time_point> ended_;  // guarded by mutex_
  bool has_read_ = false;                                               // guarded by mutex_
  std::uint64_t heard_ = 0;  // guarded by mutex_; how often all had to be read again
  std::uint64_t begun_ = 0;  // guarded by mutex_; readings of the log
  std::uint64_t done_ = 0;   // guarded by mutex_; the number of the last one that was done
  Watch watch_;              // the last, as it calls
};

}  // namespace mkt
