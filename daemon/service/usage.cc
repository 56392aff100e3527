#include "daemon/service/usage.h"

#include "common/base/log.h"
#include "common/base/token_text.h"
#include "daemon/service/tokens.h"

namespace mkt {
namespace {

constexpr std::chrono::seconds kFlushInterval{1};
constexpr std::size_t kMaxNoted = 10'000;

void log_failure(Change& change, const SignInFailure& f) {
  Json document{{"count", f.count}, {"since", format_utc(f.since)}};
  if (!f.token_id.empty()) document["token"] = f.token_id;
  const std::string address = f.address.empty() ? "other addresses" : f.address;
  change.log_as(Actor{"anonymous", f.address, ""}, "token.refuse", address, document);
}

}  // namespace

Usage::Usage(const Marketplace& market) : market_(market), thread_([this] { work(); }) {}

Usage::~Usage() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Usage::downloaded(const VersionRecord& version) {
  const std::lock_guard lock(mutex_);
  if (gathered_.empty()) wake_.notify_all();
  ++gathered_.downloads[{version.connector_id, version.version}];
}

void Usage::token_used(const std::string& token_id, UtcTime at) {
  const std::lock_guard lock(mutex_);
  const auto noted = noted_.find(token_id);
  if (noted != noted_.end() && at - noted->second < kTokenPrecision && at >= noted->second) return;
  if (noted_.size() >= kMaxNoted) noted_.clear();
  noted_[token_id] = at;
  if (gathered_.empty()) wake_.notify_all();
  gathered_.tokens[token_id] = at;
}

void Usage::sign_in_failed(std::string_view address, std::string_view token, UtcTime at) {
  const std::lock_guard lock(mutex_);
  failures_.add(address, token_id_in(token), at);
  wake_.notify_all();
}

void Usage::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !gathered_.empty() || failures_.waits(); });
    if (!stopping_) wake_.wait_for(lock, kFlushInterval, [this] { return stopping_; });
    Gathered gathered = std::exchange(gathered_, {});
    const bool last = stopping_;
    gathered.failures = failures_.take(market_.now(), last);
    lock.unlock();
    if (!gathered.empty()) write(gathered);
    if (last) return;
    lock.lock();
  }
}

// Downloads and uses are statistics: those of a change that fails are not tried again. Of failed
// sign-ins the daemon's own log tells then.
void Usage::write(const Gathered& gathered) {
  Touches touches;
  for (const auto& [version, n] : gathered.downloads) touches.connectors.push_back(version.first);
  for (const auto& [id, at] : gathered.tokens) touches.tokens.push_back(id);
  const Status written =
      market_.change(kSystem, market_.now(), touches, [&](Change& change) -> Status {
        for (const auto& [version, n] : gathered.downloads) {
          change.records().catalog().add_downloads(version.first, version.second, n);
        }
        for (const auto& [id, at] : gathered.tokens) change.records().tokens().set_used(id, at);
        for (const SignInFailure& f : gathered.failures) log_failure(change, f);
        return {};
      });
  if (written) return;
  log_event(LogLevel::warning, "usage cannot be kept", {{"reason", written.error().message}});
  for (const SignInFailure& f : gathered.failures) {
    log_event(LogLevel::warning, "sign-ins failed, and the audit log does not tell",
              {{"address", f.address}, {"token", f.token_id}, {"count", f.count}});
  }
}

}  // namespace mkt
