#include "common/reliability/resilient_executor.h"

#include <fmt/format.h>

namespace mkt {

bool is_dependency_failure(const Error& error) {
  return http_status(error.code) >= 500 && error.code != ErrorCode::not_implemented &&
         error.code != ErrorCode::circuit_open;
}

Error ResilientExecutor::refusal() const {
  const auto snapshot = breaker_->snapshot();
  Error error(ErrorCode::circuit_open,
              fmt::format("{} failed too often and is not called for now{}", breaker_->name(),
                          snapshot.causes.empty() ? "" : "; at last: " + snapshot.causes.back()));
  error.retry_after = breaker_->retry_after();
  return error;
}

}  // namespace mkt
