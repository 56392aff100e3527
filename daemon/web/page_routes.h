// The pages for people: the catalog, the log, the state of the daemon, and what waits for an
// approval. See web.h.
#pragma once

#include "common/base/mac_key.h"
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
  MacKey session_key;  // of all daemons that share the marketplace
};

// The pages live as long as the router.
void add_page_routes(Router& router, WebParts parts);

}  // namespace mkt
