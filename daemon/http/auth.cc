// Authentication: from a header to a Caller.
#include <algorithm>

#include "common/base/text.h"
#include "daemon/http/routes.h"
#include "daemon/service/tokens.h"

namespace mkt {

Result<Caller> authenticate(const Marketplace& market, const RequestHead& head,
                            const std::string& address, const std::string& request_id) {
  constexpr std::string_view kBearer = "bearer ";
  Caller caller;
  caller.address = address;
  caller.request_id = request_id;
  std::string_view token = head.header("x-api-key");
  if (const std::string_view field = head.header("authorization"); !field.empty()) {
    if (lower_case(field.substr(0, kBearer.size())) != kBearer) {
      return Error(ErrorCode::unauthorized, "only Authorization: Bearer is understood here");
    }
    token = field.substr(kBearer.size());
  }
  if (!token.empty()) MKT_CHECK(sign_in(market, token, caller));
  return caller;
}

}  // namespace mkt
