// The pipeline behind the front: who asks, which route, and the last line against bugs.
#pragma once

#include "daemon/http/idempotency.h"
#include "daemon/http/router.h"
#include "daemon/http/server.h"
#include "daemon/limits/rate_limiter.h"
#include "daemon/service/marketplace.h"
#include "daemon/service/usage.h"

namespace mkt {

struct Pipeline {
  const Marketplace& market;
  const Router& router;
  Idempotency& idempotency;
  Usage& usage;
  RateLimiter& limiter;
};

// Errors become answers here; those that are ours to mend are logged.
Response answer_request(const Pipeline& pipeline, const RequestHead& head, BodyReader& body,
                        Exchange& exchange);

// One line for the access log.
void log_access(const AccessRecord& record);

}  // namespace mkt
