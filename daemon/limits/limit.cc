#include "daemon/limits/limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/base/duration.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

struct ScopeNames {
  std::string_view typed;  // the short form that people type
  std::string_view name;
};

// In the order of the enum.
constexpr auto kNames = std::to_array<ScopeNames>({{"publish", "marketplace:publish"},
                                                   {"search", "marketplace:search"},
                                                   {"download", "marketplace:download"},
                                                   {"install", "marketplace:install"},
                                                   {"change", "marketplace:change"},
                                                   {"register", "marketplace:register"},
                                                   {"auth-failure", "auth:failure"}});
static_assert(kNames.size() == kLimitScopes.size());

}  // namespace

std::string_view limit_scope_name(LimitScope scope) {
  return kNames[static_cast<std::size_t>(scope)].name;
}

std::string_view limit_scope_word(LimitScope scope) {
  return kNames[static_cast<std::size_t>(scope)].typed;
}

std::string_view counted_in_word(CountedIn where) {
  return where == CountedIn::redis ? "redis" : "memory";
}

std::string limit_scope_list(std::string_view last) {
  std::string list;
  for (const LimitScope scope : kLimitScopes) {
    if (scope == kLimitScopes.back()) {
      list += fmt::format(" {} ", last);
    } else if (!list.empty()) {
      list += ", ";
    }
    list += limit_scope_name(scope);
  }
  return list;
}

std::optional<LimitScope> parse_limit_scope(std::string_view text) {
  for (const LimitScope scope : kLimitScopes) {
    const ScopeNames& names = kNames[static_cast<std::size_t>(scope)];
    if (text == names.name || text == names.typed) return scope;
  }
  return std::nullopt;
}

std::chrono::seconds LimitDecision::reset_seconds() const {
  using std::chrono::ceil;
  using std::chrono::seconds;
  return std::min(ceil<seconds>(reset), ceil<seconds>(limit.window));
}

std::string Limit::text() const { return fmt::format("{}/{}", requests, format_duration(window)); }

Result<std::optional<Limit>> parse_limit(std::string_view text) {
  if (text == "off") return std::optional<Limit>();
  const auto wrong = [&] {
    return Error(ErrorCode::usage_error,
                 fmt::format("\"{}\" is not a limit; write requests/time, such as 10/15m (at most "
                             "{} in at most {}), or off",
                             printable(text.substr(0, 32)), Limit::kMaxRequests,
                             format_duration(Limit::kLongestWindow)));
  };
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return wrong();
  Limit limit;
  const auto [end, error] = std::from_chars(text.data(), text.data() + slash, limit.requests);
  const auto window = parse_duration_with_unit(text.substr(slash + 1));
  if (error != std::errc() || end != text.data() + slash || limit.requests == 0 ||
      limit.requests > Limit::kMaxRequests || !window || window->count() == 0 ||
      *window > Limit::kLongestWindow) {
    return wrong();
  }
  limit.window = *window;
  return std::optional(limit);
}

}  // namespace mkt
