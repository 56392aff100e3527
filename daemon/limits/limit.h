// What limits are made of: scopes, a limit, the decision about one request, and LimitStore, where
// requests are counted.
//
// A limit is a sliding window: of the requests that were let through, never more than `requests` in
// any span of `window`. Requests that were refused are not counted: who keeps asking is let through
// as soon as who waits.
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

// "marketplace:publish": in headers, metrics, JSON, Redis and messages.
std::string_view limit_scope_name(LimitScope scope);
// All of them: "marketplace:publish, marketplace:search … and auth:failure".
std::string limit_scope_list(std::string_view last = "and");
// The name, or the short form that people type: "publish", "auth-failure".
std::optional<LimitScope> parse_limit_scope(std::string_view text);

struct Limit {
  static constexpr std::uint32_t kMaxRequests = 1'000'000;
  static constexpr std::chrono::milliseconds kLongestWindow = std::chrono::hours(24 * 7);

  std::uint32_t requests = 0;
  std::chrono::milliseconds window{0};

  bool operator==(const Limit&) const = default;
  std::string text() const;  // "10/15m"
};

// "10/15m", or "off": none. usage_error.
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
  // Until the oldest counted request leaves the window and one more passes; 0 with none counted.
  // Of a refused request: when it will pass.
  std::chrono::milliseconds reset{0};
  CountedIn counted_in = CountedIn::memory;

  // `reset` for people and programs: whole seconds, rounded up, and never longer than the window.
  // A request counts from the next tick of its clock on, and so leaves a tick after the window.
  std::chrono::seconds reset_seconds() const;
};

// Thread-safe. Errors are of the store itself: that it cannot be reached, or does not work.
class LimitStore {
 public:
  // Limits up to this are counted request by request. Above, in kSlices parts of the window, each
  // of which counts until its last moment has left: still never more than the limit, at a bounded
  // size.
  static constexpr std::uint32_t kMaxLogged = 128;
  static constexpr int kSlices = 64;

  virtual ~LimitStore() = default;
  // Counts the request where it is allowed.
  virtual Result<LimitDecision> check(const LimitKey& key, const Limit& limit) = 0;
  // What `check` would say; nothing is counted.
  virtual Result<LimitDecision> peek(const LimitKey& key, const Limit& limit) = 0;
  // Forgets what was counted.
  virtual Status reset(const LimitKey& key, const Limit& limit) = 0;
};

}  // namespace mkt
