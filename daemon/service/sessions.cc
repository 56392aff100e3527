#include "daemon/service/sessions.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "common/base/encoding.h"
#include "common/base/json.h"
#include "daemon/service/audit_log.h"

namespace mkt {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::string_view kSignOut = "token.sign-out";
constexpr std::uint32_t kEntriesAtOnce = 1000;

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

Result<std::optional<Session>> Sessions::find(std::string_view cookie) {
  const std::optional<Session> none;
  const std::string_view text = cookie.substr(0, cookie.rfind('.'));
  const auto parts = split_at_dots<5>(cookie);
  if (!parts || !key_.is_code(parts->back(), fmt::format("session {}", text))) return none;
  const auto& [token_id, began_text, used_text, id, code] = *parts;
  const auto began = time_in(began_text);
  const auto used = time_in(used_text);
  if (!began || !used) return none;
  const UtcTime now = market_.now();
  if (now >= *began + kLongest || now >= *used + kIdle) return none;
  Session session{std::string(id), std::string(token_id), {}, {}};
  MKT_TRY(const bool over, has_ended(session.id));
  if (over) return none;
  session.form_secret = key_.code_of(fmt::format("form {} {}", token_id, id));
  if (now >= *used + kPrecision) session.renewed = cookie_of(token_id, *began, now, id);
  return std::optional(std::move(session));
}

Status Sessions::end(const Caller& caller, const Session& session) {
  return market_.change(caller.actor(), market_.now(), Touches::session(session.id),
                        [&](Change& change) -> Status {
                          change.log(kSignOut, session.token_id,
                                     {{"token", session.token_id}, {"session", session.id}});
                          return {};
                        });
}

void Sessions::hear(const Touches& touches) {
  if (touches.sessions.empty() && !touches.everything) return;
  const UtcTime now = market_.now();
  const std::lock_guard lock(mutex_);
  if (touches.everything) {
    has_read_ = false;
    ++heard_;
  }
  std::erase_if(ended_, [&](const auto& one) { return one.second <= now; });
  for (const std::string& id : touches.sessions) ended_.insert_or_assign(id, now + kLongest);
}

Status Sessions::read_ended() {
  std::uint64_t heard = 0;
  {
    const std::lock_guard lock(mutex_);
    heard = heard_;
  }
  std::map<std::string, UtcTime> ended;
  MKT_TRY(const auto first, market_.read([&](const Records& records) {
    return records.log().first_since(market_.now() - kLongest);
  }));
  LogQuery query;
  query.limit = kEntriesAtOnce;
  query.after = first ? *first - 1 : 0;
  for (bool more = first.has_value(); more;) {
    MKT_TRY(const auto entries, read_log(market_, query));
    for (const LogEntry& entry : entries) {
      if (entry.action != kSignOut) continue;
      MKT_TRY(const Json document, parse_json(entry.document, "an entry's document"));
      ended.insert_or_assign(text_member(document, "session").value_or(""), entry.at + kLongest);
    }
    more = entries.size() == kEntriesAtOnce;
    if (more) query.after = entries.back().seq;
  }
  const std::lock_guard lock(mutex_);
  ended_.merge(ended);
  has_read_ = heard == heard_;
  return {};
}

Result<bool> Sessions::has_ended(const std::string& id) {
  bool has_read = false;
  {
    const std::lock_guard lock(mutex_);
    if (ended_.contains(id)) return true;
    has_read = has_read_;
  }
  // Asked after looking: what was told until now was heard.
  const MemoryLease* const lease = market_.store.memory_lease();
  if (has_read && (lease == nullptr || lease->holds())) return false;
  MKT_CHECK(read_ended());
  const std::lock_guard lock(mutex_);
  return ended_.contains(id);
}

}  // namespace mkt
