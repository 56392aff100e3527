#include "daemon/service/sessions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "common/base/encoding.h"
#include "common/base/json.h"
#include "daemon/service/audit_log.h"

namespace mkt {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::string_view kSignOut = "token.sign-out";
constexpr std::uint32_t kEntriesAtOnce = 1000;
// A cookie that is not written again is good for no longer; one whose session has ended is not.
constexpr std::chrono::minutes kTold = Sessions::kIdle + Sessions::kClocksApart;

std::optional<UtcTime> time_in(std::string_view digits) {
  std::int64_t ms = 0;
  const char* const last = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), last, ms);
  if (error != std::errc() || stop != last) return std::nullopt;
  return from_unix_ms(ms);
}

// The parts of a text between its dots, where there are exactly that many.
template <std::size_t N>
std::optional<std::array<std::string_view, N>> split_at_dots(std::string_view text) {
  std::array<std::string_view, N> parts;
  for (std::size_t i = 0; i < N; ++i) {
    const std::size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != (i + 1 == N)) return std::nullopt;
    parts[i] = text.substr(0, dot);
    text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  }
  return parts;
}

}  // namespace

Sessions::Sessions(const Marketplace& market, const MacKey& key)
    : market_(market),
      key_(key),
      watch_(market.store.watch([this](const Touches& t) { hear(t); })) {}

std::string Sessions::cookie_of(std::string_view token_id, UtcTime began, UtcTime used,
                                std::string_view id) const {
  const std::string text =
      fmt::format("{}.{}.{}.{}", token_id, to_unix_ms(began), to_unix_ms(used), id);
  return fmt::format("{}.{}", text, key_.code_of("session " + text));
}

std::string Sessions::begin(std::string_view token_id) const {
  const UtcTime now = market_.now();
  return cookie_of(token_id, now, now, random_hex(kIdBytes));
}

std::optional<Session> Sessions::read(std::string_view cookie) const {
  const std::string_view text = cookie.substr(0, cookie.rfind('.'));
  const auto parts = split_at_dots<5>(cookie);
  if (!parts || !key_.is_code(parts->back(), fmt::format("session {}", text))) return std::nullopt;
  const auto& [token_id, began_text, used_text, id, code] = *parts;
  const auto began = time_in(began_text);
  const auto used = time_in(used_text);
  if (!began || !used) return std::nullopt;
  const UtcTime now = market_.now();
  const bool is_late = now >= *began + kLongest || now >= *used + kIdle;
  if (is_late || now + kClocksApart < *used) return std::nullopt;
  Session session{std::string(id), std::string(token_id), {}, {}};
  session.form_secret = key_.code_of(fmt::format("form {} {}", token_id, id));
  if (now >= *used + kPrecision) session.renewed = cookie_of(token_id, *began, now, id);
  return session;
}

Result<std::optional<Session>> Sessions::find(std::string_view cookie) {
  std::optional<Session> session = read(cookie);
  if (!session) return session;
  MKT_TRY(const bool over, is_over(session->id));
  if (over) session.reset();
  return session;
}

Status Sessions::end(const Actor& actor, const Session& session) {
  {
    const std::lock_guard lock(mutex_);
    keep_ended({session.id});
  }
  return market_.change(actor, market_.now(), Touches::session(session.id),
                        [&](Change& change) -> Status {
                          change.log(kSignOut, session.token_id,
                                     {{"token", session.token_id}, {"session", session.id}});
                          return {};
                        });
}

bool Sessions::has_ended(const Session& session) {
  const std::lock_guard lock(mutex_);
  return ended_.contains(session.id);
}

void Sessions::keep_ended(const std::vector<std::string>& ids) {
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(ended_, [&](const auto& one) { return one.second <= now; });
  for (const std::string& id : ids) ended_.insert_or_assign(id, now + kTold);
}

void Sessions::hear(const Touches& touches) {
  if (touches.sessions.empty() && !touches.everything) return;
  const std::lock_guard lock(mutex_);
  if (touches.everything) {
    has_read_ = false;
    ++heard_;
  }
  keep_ended(touches.sessions);
}

// From the newest entry backwards, as far as it matters.
Status Sessions::read_ended() {
  std::uint64_t heard = 0;
  {
    const std::lock_guard lock(mutex_);
    heard = heard_;
    ++begun_;
  }
  const UtcTime since = market_.now() - kTold;
  std::vector<std::string> ended;
  LogQuery query;
  query.limit = kEntriesAtOnce;
  MKT_TRY(query.after, newest_entry(market_));
  for (bool more = true; more && query.after > 0;) {
    query.after = std::max<std::int64_t>(query.after - kEntriesAtOnce, 0);
    MKT_TRY(const auto entries, read_log(market_, query));
    for (const LogEntry& entry : entries) {
      if (entry.at < since) more = false;
      if (entry.action != kSignOut) continue;
      MKT_TRY(const Json document, parse_json(entry.document, "an entry's document"));
      ended.push_back(text_member(document, "session").value_or(""));
    }
  }
  const std::lock_guard lock(mutex_);
  keep_ended(ended);
  has_read_ = heard == heard_;
  done_ = begun_;
  return {};
}

Result<bool> Sessions::is_over(const std::string& id) {
  std::uint64_t begun = 0;
  {
    const std::lock_guard lock(mutex_);
    if (ended_.contains(id)) return true;
    // Asked after looking: what was told until now was heard.
    const MemoryLease* const lease = market_.store.memory_lease();
    if (has_read_ && (lease == nullptr || lease->holds())) return false;
    begun = begun_;
  }
  const std::lock_guard reading(reading_);
  {
    const std::lock_guard lock(mutex_);
    // Somebody has read it meanwhile, and began after we had come.
    if (done_ > begun) return ended_.contains(id);
  }
  MKT_CHECK(read_ended());
  const std::lock_guard lock(mutex_);
  return ended_.contains(id);
}

}  // namespace mkt
