#include "common/reliability/retry.h"

#include <algorithm>

namespace mkt {

using std::chrono::milliseconds;

bool is_transient(const Error& error) {
  switch (error.code) {
    case ErrorCode::registry_unavailable:
    case ErrorCode::timed_out:
    case ErrorCode::overloaded:
    case ErrorCode::circuit_open:
    case ErrorCode::rate_limited:
    case ErrorCode::request_timeout:
    case ErrorCode::body_incomplete:
    case ErrorCode::in_progress:
      return true;
    default:
      return false;
  }
}

RetryCourse::RetryCourse(const RetryPolicy& policy)
    : policy_(policy), started_(policy.clock->now()) {
  if (policy_.budget != nullptr) policy_.budget->first_attempt();
}

milliseconds RetryCourse::total() const {
  return std::chrono::duration_cast<milliseconds>(policy_.clock->now() - started_);
}

Attempt RetryCourse::attempt() const {
  Attempt attempt{attempts_, std::nullopt};
  if (policy_.deadline) attempt.left = std::max(milliseconds(0), *policy_.deadline - total());
  return attempt;
}

std::optional<milliseconds> RetryCourse::next_wait(const Error& error) {
  const auto ends = [this](RetryEnd why) {
    end_ = why;
    return std::nullopt;
  };
  if (policy_.stop.stop_requested()) return ends(RetryEnd::stopped);
  if (!policy_.may_retry(error)) return ends(RetryEnd::not_retryable);
  if (attempts_ >= policy_.backoff.attempts) return ends(RetryEnd::attempts_used);
  milliseconds wait = policy_.backoff.delay(attempts_ - 1, policy_.clock->random());
  if (error.retry_after) {
    if (*error.retry_after > policy_.longest_hint) return ends(RetryEnd::hint_too_long);
    wait = std::max(wait, *error.retry_after);
  }
  if (policy_.deadline && total() + wait >= *policy_.deadline) return ends(RetryEnd::deadline);
  if (policy_.budget != nullptr && !policy_.budget->take()) return ends(RetryEnd::no_budget);
  return wait;
}

bool RetryCourse::again(const Error& error) {
  const auto wait = next_wait(error);
  failed_.push_back({error, wait.value_or(milliseconds(0))});
  if (!wait) return false;
  if (policy_.before_wait) policy_.before_wait(failed_.back(), attempt());
  if (!policy_.clock->sleep(*wait, policy_.stop)) {
    end_ = RetryEnd::stopped;
    return false;
  }
  ++attempts_;
  return true;
}

}  // namespace mkt
