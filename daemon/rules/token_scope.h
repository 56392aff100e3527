// What a token may do less than its role allows, as an admin wished when it was made.
#pragma once

#include <string_view>

#include "common/base/result.h"
#include "daemon/store/records/tokens.h"

namespace mkt {

// invalid_request, with each pattern and range that is none.
Status check_scope(const TokenScope& scope);

// A token without patterns may use any.
bool may_use_connector(const TokenScope& scope, std::string_view connector_id);

// A token without ranges may come from anywhere. `address` is that of the client.
bool may_come_from(const TokenScope& scope, std::string_view address);

}  // namespace mkt
