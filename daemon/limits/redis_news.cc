// A subscription and its messages.
#include "daemon/limits/redis_news.h"

#include <hiredis/hiredis.h>

#include <array>
#include <charconv>

#include "common/base/log.h"
#include "common/reliability/clock.h"
#include "daemon/limits/limit_script.h"
#include "daemon/limits/redis_connection.h"

namespace mkt {
namespace {

using Deadline = RedisConnection::Deadline;

constexpr std::chrono::seconds kNewsConnectTimeout{1};
constexpr std::chrono::milliseconds kReconnectEvery{100};
// After this much silence, check that the other side is still there.
constexpr std::chrono::seconds kSilence{5};
constexpr std::size_t kMaxNewsBytes = 1024;

// Takes the next word off `text`.
std::string_view take_word(std::string_view& text) {
  const std::size_t blank = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, blank);
  text.remove_prefix(std::min(blank + 1, text.size()));
  return word;
}

template <typename Number>
bool read_number(std::string_view word, Number& number) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size() && !word.empty();
}

// "mkt:limit:{marketplace:search:address:10.0.0.1}:log"
std::optional<LimitKey> parse_key(std::string_view name) {
  const std::size_t open = name.find('{');
  const std::size_t close = name.rfind('}');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  const std::string_view inner = name.substr(open + 1, close - open - 1);
  for (const LimitScope scope : kLimitScopes) {
    const std::string_view scope_name = limit_scope_name(scope);
    if (!inner.starts_with(scope_name) || inner.substr(scope_name.size(), 1) != ":") continue;
    return LimitKey{scope, std::string(inner.substr(scope_name.size() + 1))};
  }
  return std::nullopt;
}

std::string_view text_of(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_STRING) return {};
  return {reply.str, static_cast<std::size_t>(reply.len)};
}

// The text of ["message", channel, text].
std::string_view message_of(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 3) return {};
  return text_of(*reply.element[0]) == "message" ? text_of(*reply.element[2]) : std::string_view();
}

}  // namespace

std::optional<LimitNews> parse_limit_news(std::string_view text) {
  if (text.size() > kMaxNewsBytes) return std::nullopt;
  LimitNews news;
  const std::string_view first = take_word(text);
  news.reset = first == "reset";
  if (!news.reset) {
    std::int64_t window_us = 0;
    const bool read = read_number(first, news.limit.requests) &&
                      read_number(take_word(text), window_us) &&
                      read_number(take_word(text), news.counted);
    news.limit.window =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(window_us));
    if (!read || news.limit.requests == 0 || news.limit.requests > Limit::kMaxRequests ||
        news.limit.window.count() <= 0 || news.limit.window > Limit::kLongestWindow) {
      return std::nullopt;
    }
  }
  auto key = parse_key(text);
  if (!key) return std::nullopt;
  news.key = std::move(*key);
  return news;
}

RedisNews::RedisNews(RedisUrl url, Ears ears) : url_(std::move(url)), ears_(std::move(ears)) {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    do listen(stop);
    while (system_clock().sleep(kReconnectEvery, stop));
  });
}

void RedisNews::listen(const std::stop_token& stop) {
  auto opened = RedisConnection::open(url_, Deadline::clock::now() + kNewsConnectTimeout);
  if (!opened) return;
  RedisConnection& connection = **opened;
  const std::stop_callback shut(stop, [&] { connection.shut(); });
  const auto soon = Deadline::clock::now() + kNewsConnectTimeout;
  if (const auto subscribed = connection.call({"SUBSCRIBE", kLimitChannel}, soon); !subscribed) {
    static std::once_flag once;
    std::call_once(once, [&] {
      log_event(LogLevel::warning, "daemons cannot learn of each other's requests through Redis",
                {{"redis", url_.shown()}, {"reason", subscribed.error().message}});
    });
    return;
  }
  bool asked = false;  // a PING was sent, and nothing has come since
  while (!stop.stop_requested()) {
    const auto reply = connection.read(Deadline::clock::now() + kSilence);
    if (reply) {
      asked = false;
      if (const auto news = parse_limit_news(message_of(**reply))) ears_.heard(*news);
      continue;
    }
    const bool silent = reply.error().code == ErrorCode::timed_out && !asked;
    asked = true;
    if (silent && connection.send(redis_command({"PING"}), Deadline::clock::now() + kSilence)) {
      continue;
    }
    if (!stop.stop_requested()) ears_.lost(reply.error().message);
    return;
  }
}

}  // namespace mkt
