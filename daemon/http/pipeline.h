// The pipeline behind the front: finds the caller and the route, and is the last defence against
// bugs.
#pragma once

#include "daemon/http/idempotency.h"
#include "daemon/http/router.h"
#include "daemon/http/server.h"
#include "daemon/limits/rate_limiter.h"
#include "daemon/service/marketplace.h"
#include "daemon/service/recent_traces.h"
#include "daemon/service/usage.h"

namespace mkt {

struct Pipeline {
  const Marketplace& market;
  const Router& router;
  Idempotency& idempotency;
  Usage& usage;
  RateLimiter& limiter;
  RecentTraces* traces = nullptr;  // of changes; null: nobody asks for them
};

// Turns errors into answers; those that the operator or we must fix are logged.
Response answer_request(const Pipeline& pipeline, const RequestHead& head, BodyReader& body,
                        Exchange& exchange);

// The error as its client is told it: one of this machine goes to the log, and the client gets the
// request under which it stands there.
Error told_error(Error error, const std::string& request_id);

// Writes one line to the access log.
void log_access(const AccessRecord& record);

}  // namespace mkt
