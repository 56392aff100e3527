// Authentication: from a header to a Caller.
#include <algorithm>

#include "common/base/text.h"
#include "daemon/http/routes.h"
#include "daemon/service/tokens.h"

namespace mkt {

namespace {

constexpr std::string_view kBearer = "bearer ";

bool is_bearer(std::string_view field) {
  return lower_case(field.substr(0, kBearer.size())) == kBearer;
}

}  // namespace

std::string_view token_of(const RequestHead& head) {
  const std::string_view field = head.header("authorization");
  if (field.empty()) return head.header("x-api-key");
  return is_bearer(field) ? field.substr(kBearer.size()) : std::string_view();
}

Result<Caller> authenticate(const Marketplace& market, const RequestHead& head,
                            const std::string& address, const std::string& request_id) {
  Caller caller;
  caller.address = address;
  caller.request_id = request_id;
  if (const auto field = head.header("authorization"); !field.empty() && !is_bearer(field)) {
    return Error(ErrorCode::unauthorized, "only Authorization: Bearer is understood here");
  }
  const std::string_view token = token_of(head);
  if (!token.empty()) MKT_CHECK(sign_in(market, token, caller));
  return caller;
}

}  // namespace mkt
