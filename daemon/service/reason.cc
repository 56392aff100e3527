// Checking a reason; see reason.h.
#include "daemon/service/reason.h"

#include <fmt/format.h>

#include "common/base/utf8.h"

namespace mkt {

Status check_reason(std::string_view reason) {
  if (count_code_points(reason) <= kMaxReason && !has_control_characters(reason)) return {};
  const std::string what = fmt::format(
      "must be a text of at most {} characters, without control characters", kMaxReason);
  return Error(ErrorCode::invalid_request, "reason " + what, {{"reason", what}});
}

}  // namespace mkt
