// Sessions: who has signed in on the pages.
//
// A browser keeps a random id in a cookie; here stand the id's hash, the id of the token that
// opened the session (never the token), and the secret that the session's forms carry, which a
// page of another site cannot know. The caller asks the store whether that token still stands, at
// every request (resume_session, service/tokens.h).
//
// In memory: a restart ends all sessions, and another daemon of the same marketplace knows none of
// them. A session ends kLongest after it began or kIdle after its last use. A token has at most
// kMaxOfToken and all together kMaxSessions; one more ends the one that was used least recently.
// Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/base/utc_time.h"

namespace mkt {

struct Session {
  std::string token_id;
  std::string form_secret;
};

// Equal, in a time that tells nothing of where they differ.
bool same_secret(std::string_view a, std::string_view b);

class Sessions {
 public:
  static constexpr std::chrono::hours kLongest{8};
  static constexpr std::chrono::hours kIdle{1};
  static constexpr std::size_t kMaxOfToken = 16;
  static constexpr std::size_t kMaxSessions = 10'000;

  explicit Sessions(std::function<UtcTime()> now) : now_(std::move(now)) {}

  // Returns the new session's id: 256 random bits in hex.
  std::string begin(const std::string& token_id);
  // nullopt where there is none, or none any more. Counts as a use.
  std::optional<Session> find(std::string_view id);
  void end(std::string_view id);

 private:
  struct Entry {
    Session session;
    UtcTime began;
    UtcTime used;
  };
  using Entries = std::unordered_map<std::string, Entry>;  // by the hash of the id

  bool is_over(const Entry& entry, UtcTime now) const;
  void make_room(const std::string& token_id, UtcTime now);

  const std::function<UtcTime()> now_;
  std::mutex mutex_;
  Entries entries_;  // guarded by mutex_
};

}  // namespace mkt
