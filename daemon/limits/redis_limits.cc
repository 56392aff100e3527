// Keys, the script and its replies; see redis_limits.h.
#include "daemon/limits/redis_limits.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <map>

#include "common/base/encoding.h"
#include "common/base/utf8.h"
#include "daemon/limits/limit_script.h"

namespace mkt {
namespace {

using std::chrono::microseconds;

constexpr std::chrono::milliseconds kConnectTimeout{1000};
constexpr std::size_t kMaxAnswerShown = 200;
constexpr std::size_t kMostAdded = 512;

// Redis names scripts by their SHA-1 (EVALSHA); nothing is trusted because of it.
std::string sha1_hex(std::string_view text) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  ::EVP_Digest(text.data(), text.size(), digest.data(), &size, ::EVP_sha1(), nullptr);
  return to_hex({digest.data(), size});
}

microseconds slice_length(const Limit& limit) {
  if (limit.requests <= LimitStore::kMostLogged) return microseconds(0);
  const microseconds window = limit.window;
  return (window + microseconds(LimitStore::kSlices - 1)) / LimitStore::kSlices;
}

std::string redis_key(const LimitKey& key, const Limit& limit) {
  std::string name = fmt::format("mkt:limit:{{{}:{}}}:", limit_scope_word(key.scope), key.subject);
  return slice_length(limit).count() == 0 ? name + "log"
                                          : name + fmt::format("slices:{}", limit.window.count());
}

std::string_view error_text(const redisReply& reply) {
  return {reply.str, std::min(static_cast<std::size_t>(reply.len), kMaxAnswerShown)};
}

Error not_understood() {
  return Error(ErrorCode::registry_unavailable, "Redis answered the script with something else");
}

}  // namespace

RedisLimits::RedisLimits(RedisUrl url, std::chrono::milliseconds timeout)
    : pipe_(std::move(url), timeout), hash_(sha1_hex(kLimitScript)) {}

Status RedisLimits::connect() {
  MKT_CHECK(pipe_.connect(kConnectTimeout));
  const Limit limit{1, std::chrono::seconds(1)};
  const auto decision = check({LimitScope::search, "probe"}, limit);
  return decision ? Status() : decision.error();
}

Result<RedisReply> RedisLimits::run_script(const std::vector<std::string_view>& arguments) {
  std::vector<std::string_view> words = {"EVALSHA", hash_, "1"};
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

Result<LimitDecision> RedisLimits::decide(std::string_view act, const LimitKey& key,
                                          const Limit& limit,
                                          const std::vector<std::string>& ages) {
  const std::string name = redis_key(key, limit);
  const std::string requests = std::to_string(limit.requests);
  const std::string window = std::to_string(microseconds(limit.window).count());
  const std::string slice = std::to_string(slice_length(limit).count());
  std::vector<std::string_view> arguments = {name, act, requests, window, slice};
  arguments.insert(arguments.end(), ages.begin(), ages.end());
  MKT_TRY(const RedisReply reply, run_script(arguments));
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3) return not_understood();
  std::array<std::int64_t, 3> numbers{};
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
  return decision;
}

Result<LimitDecision> RedisLimits::check(const LimitKey& key, const Limit& limit) {
  return decide("check", key, limit);
}

Result<LimitDecision> RedisLimits::peek(const LimitKey& key, const Limit& limit) {
  return decide("peek", key, limit);
}

Status RedisLimits::reset(const LimitKey& key, const Limit& limit) {
  MKT_TRY(const RedisReply reply, pipe_.call(redis_command({"DEL", redis_key(key, limit)})));
  if (reply->type == REDIS_REPLY_INTEGER) return {};
  return not_understood();
}

Status RedisLimits::add(const std::vector<CountedRequest>& requests) {
  struct Group {
    const CountedRequest* first;
    std::vector<std::string> ages;
  };
  std::map<std::string, Group> groups;
  const auto now = std::chrono::steady_clock::now();
  for (const CountedRequest& r : requests) {
    Group& group = groups.try_emplace(redis_key(r.key, r.limit), Group{&r, {}}).first->second;
    const auto age = std::chrono::duration_cast<microseconds>(now - r.at);
    group.ages.push_back(std::to_string(std::max<std::int64_t>(0, age.count())));
  }
  for (auto& [name, group] : groups) {
    // What is beyond a script's arguments counts on the next turn.
    for (std::size_t from = 0; from < group.ages.size(); from += kMostAdded) {
      const auto begin = group.ages.begin() + static_cast<std::ptrdiff_t>(from);
      const auto end = group.ages.begin() +
                       static_cast<std::ptrdiff_t>(std::min(from + kMostAdded, group.ages.size()));
      const auto added =
          decide("add", group.first->key, group.first->limit, std::vector<std::string>(begin, end));
      if (!added) return added.error();
    }
  }
  return {};
}

}  // namespace mkt
