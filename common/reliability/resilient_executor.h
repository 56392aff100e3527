// ResilientExecutor: calls one dependency with retries, behind its circuit breaker.
//
//   ResilientExecutor registry(process_breakers().get("registry"), policy);
//   auto report = registry.run([&] { return client.send(request); });
//
// Every attempt takes a permit, and the breaker counts it. While the breaker is open, nothing is
// called and the attempt fails with circuit_open. Its retry_after is the time until a probe is
// allowed, so a retry waits at least that long, or ends at once where the policy does not allow so
// long a wait. An error that the caller made (4xx) counts as a success of the dependency.
//
// Thread-safe where the policy's functions are.
#pragma once

#include <memory>
#include <utility>

#include "common/reliability/circuit_breaker.h"
#include "common/reliability/retry.h"

namespace mkt {

// True where the error shows that the dependency is in trouble: failed connections, time-outs, and
// 5xx other than 501.
bool is_dependency_failure(const Error& error);

class ResilientExecutor {
 public:
  ResilientExecutor(std::shared_ptr<CircuitBreaker> breaker, RetryPolicy policy)
      : breaker_(std::move(breaker)), policy_(std::move(policy)) {}

  CircuitBreaker& breaker() const { return *breaker_; }
  const RetryPolicy& policy() const { return policy_; }

  template <typename F>
  auto run(F fn) const {
    return run(std::move(fn), policy_);
  }
  // Uses this policy instead of its own.
  template <typename F>
  auto run(F fn, const RetryPolicy& policy) const {
    return retry_with_result(
        [&](const Attempt& attempt) -> Result<detail::ValueOf<F>> {
          auto permit = breaker_->acquire();
          if (!permit) return refusal();
          std::exception_ptr thrown;
          auto result = detail::call_once(fn, attempt, thrown);
          if (!result && is_dependency_failure(result.error())) {
            permit->failure(result.error().message);
          } else {
            permit->success();
          }
          if (thrown) std::rethrow_exception(thrown);
          return result;
        },
        policy);
  }

 private:
  Error refusal() const;

  std::shared_ptr<CircuitBreaker> breaker_;
  RetryPolicy policy_;
};

}  // namespace mkt
