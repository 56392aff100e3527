// The names in the addresses of pages.
#pragma once

#include "common/connector/names.h"
#include "daemon/http/message.h"

namespace mkt {

// connector_not_found also for what could be no name, as in the API.
Result<ConnectorId> connector_id_in(const Request& request);

}  // namespace mkt
