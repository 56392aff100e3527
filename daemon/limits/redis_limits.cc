#include "daemon/limits/redis_limits.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "common/base/encoding.h"
#include "common/base/utf8.h"
#include "daemon/limits/limit_script.h"

namespace mkt {
namespace {

using std::chrono::microseconds;

constexpr std::chrono::milliseconds kConnectTimeout{1000};
constexpr std::size_t kMaxAnswerShown = 200;
constexpr std::size_t kNameBytes = 6;
constexpr std::size_t kWordsOfPart = 3;
constexpr std::size_t kMaxMerged = kWordsOfPart * 170;  // words, in one run of the script
// For large limits, the other daemons need not know every step.
constexpr std::uint32_t kStepsTold = 1024;

// Redis names scripts by their SHA-1 (EVALSHA); no security depends on it.
std::string sha1_hex(std::string_view text) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  ::EVP_Digest(text.data(), text.size(), digest.data(), &size, ::EVP_sha1(), nullptr);
  return to_hex({digest.data(), size});
}

microseconds slice_length(const Limit& limit) {
  if (limit.requests <= LimitStore::kMaxLogged) return microseconds(0);
  const microseconds window = limit.window;
  return (window + microseconds(LimitStore::kSlices - 1)) / LimitStore::kSlices;
}

std::string redis_key(const LimitKey& key, const Limit& limit) {
  std::string name = fmt::format("mkt:limit:{{{}:{}}}:", limit_scope_name(key.scope), key.subject);
  return slice_length(limit).count() == 0 ? name + "log"
                                          : name + fmt::format("parts:{}", limit.window.count());
}

// What each daemon counted. A log does not need it, but the number of keys is fixed.
std::string shares_key(const LimitKey& key, const Limit& limit) {
  return fmt::format("mkt:limit:{{{}:{}}}:shares:{}", limit_scope_name(key.scope), key.subject,
                     limit.window.count());
}

std::int64_t steady_us() {
  return std::chrono::duration_cast<microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Until Redis has told its time, this machine's time is as good as any.
std::int64_t offset_of_system_clock() {
  return std::chrono::duration_cast<microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
             .count() -
         steady_us();
}

std::uint32_t told_every(const Limit& limit) {
  return std::max<std::uint32_t>(1, limit.requests / kStepsTold);
}

std::uint64_t slice_at(const Limit& limit, microseconds time) {
  return static_cast<std::uint64_t>(time / slice_length(limit));
}

std::string_view error_text(const redisReply& reply) {
  return {reply.str, std::min(static_cast<std::size_t>(reply.len), kMaxAnswerShown)};
}

Error not_understood() {
  return Error(ErrorCode::registry_unavailable, "Redis gave the script an unexpected answer");
}

}  // namespace

RedisLimits::RedisLimits(RedisUrl url, std::chrono::milliseconds timeout, bool tells_others)
    : name_(random_hex(kNameBytes)),
      tells_others_(tells_others),
      clock_offset_us_(offset_of_system_clock()),
      pipe_(std::move(url), timeout),
      hash_(sha1_hex(kLimitScript)) {}

Status RedisLimits::connect() {
  MKT_CHECK(pipe_.connect(kConnectTimeout));
  const Limit limit{1, std::chrono::seconds(1)};
  const auto decision = check({LimitScope::search, "probe"}, limit);
  return decision ? Status() : decision.error();
}

Result<RedisReply> RedisLimits::run_script(const std::vector<std::string_view>& arguments) {
  std::vector<std::string_view> words = {"EVALSHA", hash_, "2"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  MKT_TRY(RedisReply reply, pipe_.call(redis_command(words)));
  if (reply->type == REDIS_REPLY_ERROR && error_text(*reply).starts_with("NOSCRIPT")) {
    words[0] = "EVAL";
    words[1] = kLimitScript;
    MKT_TRY(reply, pipe_.call(redis_command(words)));
  }
  if (reply->type == REDIS_REPLY_ERROR) {
    return Error(ErrorCode::registry_unavailable,
                 fmt::format("Redis refuses: {}", printable(error_text(*reply))));
  }
  return reply;
}

Result<RedisLimits::Answer> RedisLimits::decide(std::string_view act, const LimitKey& key,
                                                const Limit& limit, std::uint64_t number,
                                                const std::vector<std::string>& parts) {
  const std::string name = redis_key(key, limit);
  const std::string shares = shares_key(key, limit);
  const std::string requests = std::to_string(limit.requests);
  const std::string window = std::to_string(microseconds(limit.window).count());
  const std::string slice = std::to_string(slice_length(limit).count());
  const std::string of_daemon = std::to_string(number);
  const std::string every = std::to_string(tells_others_ ? told_every(limit) : 0);
  std::vector<std::string_view> arguments = {name,  shares, act,       requests, window,
                                             slice, name_,  of_daemon, every};
  arguments.insert(arguments.end(), parts.begin(), parts.end());
  MKT_TRY(const RedisReply reply, run_script(arguments));
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 4) return not_understood();
  std::array<std::int64_t, 4> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (reply->element[i]->type != REDIS_REPLY_INTEGER) return not_understood();
    numbers[i] = reply->element[i]->integer;
  }
  LimitDecision decision;
  decision.allowed = numbers[0] == 1;
  decision.limit = limit;
  const std::int64_t counted = std::clamp<std::int64_t>(numbers[1], 0, limit.requests);
  decision.remaining = limit.requests - static_cast<std::uint32_t>(counted);
  decision.reset = std::chrono::ceil<std::chrono::milliseconds>(microseconds(numbers[2]));
  decision.counted_in = CountedIn::redis;
  clock_offset_us_.store(numbers[3] - steady_us(), std::memory_order_relaxed);
  return Answer{decision, microseconds(numbers[3])};
}

Result<LimitDecision> RedisLimits::check(const LimitKey& key, const Limit& limit) {
  MKT_TRY(const Counted counted, check(key, limit, next_number()));
  return counted.decision;
}

Result<RedisLimits::Counted> RedisLimits::check(const LimitKey& key, const Limit& limit,
                                                std::uint64_t number) {
  MKT_TRY(const Answer answer, decide("check", key, limit, number));
  const bool log = slice_length(limit).count() == 0;
  return Counted{answer.decision, log ? number : slice_at(limit, answer.time)};
}

std::uint64_t RedisLimits::part_of(const Limit& limit, std::uint64_t number) const {
  if (slice_length(limit).count() == 0) return number;
  const std::int64_t now = steady_us() + clock_offset_us_.load(std::memory_order_relaxed);
  return slice_at(limit, microseconds(now));
}

Result<LimitDecision> RedisLimits::peek(const LimitKey& key, const Limit& limit) {
  MKT_TRY(const Answer answer, decide("peek", key, limit, 0));
  return answer.decision;
}

Status RedisLimits::reset(const LimitKey& key, const Limit& limit) {
  const std::string name = redis_key(key, limit);
  MKT_TRY(const RedisReply reply, pipe_.call(redis_command({"DEL", name, shares_key(key, limit)})));
  if (reply->type != REDIS_REPLY_INTEGER) return not_understood();
  if (tells_others_) {
    MKT_TRY(const RedisReply told,
            pipe_.call(redis_command({"PUBLISH", kLimitChannel, "reset " + name})));
  }
  return {};
}

Status RedisLimits::merge(const std::vector<CountedKey>& counted) {
  const auto now = CountedLedger::TimePoint::clock::now();
  for (const CountedKey& of_key : counted) {
    std::vector<std::string> words;
    const auto tell = [&]() -> Status {
      const auto told = decide("merge", of_key.key, of_key.limit, 0, words);
      words.clear();
      return told ? Status() : told.error();
    };
    for (const CountedPart& part : of_key.parts) {
      const auto age = std::chrono::duration_cast<microseconds>(now - part.last);
      words.push_back(std::to_string(part.number));
      words.push_back(std::to_string(part.count));
      words.push_back(std::to_string(std::max<std::int64_t>(0, age.count())));
      if (words.size() == kMaxMerged) MKT_CHECK(tell());
    }
    if (!words.empty()) MKT_CHECK(tell());
  }
  return {};
}

}  // namespace mkt
