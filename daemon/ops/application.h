// The application behind the front door: who asks, which route, and the last line against bugs.
#pragma once

#include "daemon/http/router.h"
#include "daemon/http/server.h"
#include "daemon/service/marketplace.h"
#include "daemon/service/usage.h"

namespace mkt {

// Errors become answers here; those that are ours to mend are logged.
Response answer_request(const Marketplace& market, const Router& router, Usage& usage,
                        const RequestHead& head, BodyReader& body, Exchange& exchange);

// One line for the access log.
void log_access(const AccessRecord& record);

}  // namespace mkt
