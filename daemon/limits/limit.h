// The parts of a rate limit: its scope, the limit itself, the decision about one request, and
// LimitStore, which counts requests.
//
// A limit is a sliding window: in any time span of length `window`, at most `requests` requests are
// allowed. Refused requests do not count, so a client that keeps asking is allowed again as soon as
// a client that waits.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

enum class LimitScope { publish, search, download, install, change, registration, auth_failure };

inline constexpr auto kLimitScopes = std::to_array(
    {LimitScope::publish, LimitScope::search, LimitScope::download, LimitScope::install,
     LimitScope::change, LimitScope::registration, LimitScope::auth_failure});

// Such as "marketplace:publish", in headers, metrics, JSON, Redis and messages.
std::string_view limit_scope_name(LimitScope scope);
// Such as "publish", as people type it, and as mktd.conf(5) has it.
std::string_view limit_scope_word(LimitScope scope);
// All names: "marketplace:publish, marketplace:search … and auth:failure".
std::string limit_scope_list(std::string_view last = "and");
// Parses the name, or the short form that people type: "publish", "auth-failure".
std::optional<LimitScope> parse_limit_scope(std::string_view text);

struct Limit {
  static constexpr std::uint32_t kMaxRequests = 1'000'000;
  static constexpr std::chrono::milliseconds kLongestWindow = std::chrono::hours(24 * 7);

  std::uint32_t requests = 0;
  std::chrono::milliseconds window{0};

  bool operator==(const Limit&) const = default;
  std::string text() const;  // such as "10/15m"
};

// Parses "10/15m"; "off" gives nullopt. usage_error.
Result<std::optional<Limit>> parse_limit(std::string_view text);

struct LimitKey {
  LimitScope scope;
  std::string subject;  // who is limited: "publisher:acme", "tenant:t", "address:10.0.0.1"
};

enum class CountedIn { memory, redis };
std::string_view counted_in_word(CountedIn where);

struct LimitDecision {
  bool allowed = true;
  Limit limit;
  std::uint32_t remaining = 0;
  // The time until the oldest counted request leaves the window and one more is allowed; 0 where
  // none is counted. For a refused request, the time until it would be allowed.
  std::chrono::milliseconds reset{0};
  CountedIn counted_in = CountedIn::memory;

  // `reset` in whole seconds, rounded up, and never longer than the window. (A request counts from
  // the next tick of its clock on, so it leaves one tick after the window.)
  std::chrono::seconds reset_seconds() const;
};

// Thread-safe. Errors come from the store itself: nobody can reach it, or it does not work.
class LimitStore {
 public:
  // Up to this limit, each request is counted separately. Above it, the window is counted in
  // kSlices slices. A slice counts until its last request has left the window: the limit is still
  // never exceeded, and the size is bounded.
  static constexpr std::uint32_t kMaxLogged = 128;
  static constexpr int kSlices = 64;

  virtual ~LimitStore() = default;
  // Counts the request where it is allowed.
  virtual Result<LimitDecision> check(const LimitKey& key, const Limit& limit) = 0;
  // What `check` would return; counts nothing.
  virtual Result<LimitDecision> peek(const LimitKey& key, const Limit& limit) = 0;
  // Forgets what was counted.
  virtual Status reset(const LimitKey& key, const Limit& limit) = 0;
};

}  // namespace mkt
