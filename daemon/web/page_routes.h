// The pages for people: the catalog, the log, the state of the daemon, and what waits for an
// approval. See web.h.
#pragma once

#include "daemon/http/router.h"
#include "daemon/http/routes.h"
#include "daemon/limits/rate_limiter.h"
#include "daemon/service/usage.h"

namespace mkt {

struct WebParts {
  const Marketplace& market;
  Usage& usage;
  RateLimiter& limiter;
  OperationParts operations;
};

// The pages live as long as the router.
void add_page_routes(Router& router, WebParts parts);

}  // namespace mkt
