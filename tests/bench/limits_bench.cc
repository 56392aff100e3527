// mkt-limits-bench: how fast requests are counted, in memory and in Redis, and how soon a Redis
// that was away is used again. scripts/bench-limits runs it and puts it beside redis-benchmark.
//
//   mkt-limits-bench memory KEYS CHECKS [LIMIT]      checks/s, resident bytes a key
//   mkt-limits-bench redis URL THREADS KEYS CHECKS [RATE]
//                                                    checks/s, p50 and p99 in ms; RATE checks/s at
//                                                    most
//   mkt-limits-bench watch URL                       a line for each change of the breaker: state
//                                                    and time in us
//   mkt-limits-bench script                          the script that Redis runs
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "common/reliability/breaker_registry.h"
#include "daemon/limits/limit_script.h"
#include "daemon/limits/memory_limits.h"
#include "daemon/limits/redis_limits.h"
#include "daemon/limits/shared_limits.h"

namespace mkt {
namespace {

using Time = std::chrono::steady_clock;

constexpr const char* kDefaultLimit = "100/15m";

// As redis-benchmark's __rand_int__, so that both ask for the same keys.
LimitKey numbered_key(std::uint64_t n) {
  return {LimitScope::search, fmt::format("address:{:012d}", n)};
}

double seconds_since(Time::time_point start) {
  return std::chrono::duration<double>(Time::now() - start).count();
}

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  statm >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

Result<int> bench_memory(std::uint64_t keys, std::uint64_t checks, const std::string& limit_text) {
  MKT_TRY(const auto limit, parse_limit(limit_text));
  std::vector<LimitKey> all;
  for (std::uint64_t n = 0; n < keys; ++n) all.push_back(numbered_key(n));
  std::vector<std::uint32_t> order(checks);
  std::mt19937_64 random(1);
  for (auto& n : order) n = static_cast<std::uint32_t>(random() % keys);

  MemoryLimits limits;
  const std::uint64_t before = resident_bytes();
  for (const LimitKey& key : all) MKT_CHECK(limits.check(key, *limit));
  const std::uint64_t taken = resident_bytes() - before;
  std::uint64_t allowed = 0;
  const auto start = Time::now();
  for (const std::uint32_t n : order) allowed += limits.check(all[n], *limit)->allowed ? 1 : 0;
  const double took = seconds_since(start);
  fmt::print("{:.0f} {:.1f} {:.3f}\n", static_cast<double>(checks) / took,
             static_cast<double>(taken) / static_cast<double>(keys),
             static_cast<double>(allowed) / static_cast<double>(checks));
  return 0;
}

struct RedisLoad {
  std::string url;
  unsigned threads;
  std::uint64_t keys;
  std::uint64_t checks;
  double rate;  // 0: as fast as it goes
};

Result<int> bench_redis(const RedisLoad& load) {
  MKT_TRY(RedisUrl url, RedisUrl::parse(load.url));
  MKT_TRY(const auto limit, parse_limit(kDefaultLimit));
  RedisLimits limits(std::move(url));
  MKT_CHECK(limits.connect());
  const std::uint64_t each = load.checks / load.threads;
  std::vector<std::vector<std::uint32_t>> took_us(load.threads);
  std::atomic<std::uint64_t> failed{0};
  std::mutex reconnecting;
  const auto start = Time::now();
  const auto run = [&](unsigned thread) {
    std::mt19937_64 random(thread);
    took_us[thread].reserve(each);
    for (std::uint64_t i = 0; i < each; ++i) {
      if (load.rate > 0) {
        const double due = static_cast<double>(i * load.threads + thread) / load.rate;
        std::this_thread::sleep_until(
            start + std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(due)));
      }
      const LimitKey key = numbered_key(random() % load.keys);
      const auto began = Time::now();
      if (!limits.check(key, *limit)) {
        ++failed;
        const std::lock_guard lock(reconnecting);
        if (!limits.connected()) (void)limits.connect();
      }
      const auto us = std::chrono::duration_cast<std::chrono::microseconds>(Time::now() - began);
      took_us[thread].push_back(static_cast<std::uint32_t>(us.count()));
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < load.threads; ++t) threads.emplace_back(run, t);
  threads.clear();  // joined
  const double took = seconds_since(start);
  std::vector<std::uint32_t> all;
  for (const auto& some : took_us) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  fmt::print("{:.0f} {:.3f} {:.3f} {}\n", static_cast<double>(all.size()) / took,
             all[all.size() / 2] / 1000.0, all[all.size() * 99 / 100] / 1000.0, failed.load());
  return 0;
}

Result<int> watch(const std::string& text) {
  MKT_TRY(RedisUrl url, RedisUrl::parse(text));
  MKT_TRY(const auto limit, parse_limit(kDefaultLimit));
  BreakerRegistry breakers;
  SharedLimits limits(
      std::move(url), 1, [](LimitScope) { return false; }, breakers);
  auto last = BreakerState::half_open;
  // Somebody has to ask, or nobody finds out that Redis has gone.
  for (std::uint64_t n = 0;; ++n) {
    MKT_CHECK(limits.check(numbered_key(n % 1000), *limit));
    const auto state = limits.breaker().state();
    if (state != BreakerState::half_open && state != last) {
      const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::system_clock::now().time_since_epoch());
      fmt::print("{} {}\n", breaker_state_name(state), now.count());
      std::fflush(stdout);
      last = state;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Result<int> run(const std::vector<std::string>& words) {
  const auto is = [&](const char* name, std::size_t least, std::size_t most) {
    return !words.empty() && words[0] == name && words.size() > least && words.size() <= most + 1;
  };
  if (is("script", 0, 0)) {
    fmt::print("{}", kLimitScript);
    return 0;
  }
  if (is("memory", 2, 3)) {
    return bench_memory(std::stoull(words[1]), std::stoull(words[2]),
                        words.size() > 3 ? words[3] : kDefaultLimit);
  }
  if (is("redis", 4, 5)) {
    return bench_redis({words[1], static_cast<unsigned>(std::stoul(words[2])),
                        std::stoull(words[3]), std::stoull(words[4]),
                        words.size() > 5 ? std::stod(words[5]) : 0});
  }
  if (is("watch", 1, 1)) return watch(words[1]);
  return Error(ErrorCode::usage_error,
               "memory KEYS CHECKS [LIMIT] | redis URL THREADS KEYS CHECKS [RATE] | watch URL | "
               "script");
}

}  // namespace
}  // namespace mkt

int main(int argc, char** argv) {
  const auto done = mkt::run({argv + 1, argv + argc});
  if (done) return *done;
  fmt::print(stderr, "mkt-limits-bench: {}\n", done.error().message);
  return 1;
}
