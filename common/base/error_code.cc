#include "common/base/error_code.h"

#include <array>

namespace mkt {
namespace {

struct Row {
  std::string_view name;
  int http;
  ExitStatus exit;
};

constexpr auto kRows = std::to_array<Row>({
#define X(code, http, exit) {#code, http, ExitStatus::exit},
    MKT_ERROR_CODES(X)
#undef X
});

constexpr const Row& row(ErrorCode code) { return kRows[static_cast<std::size_t>(code)]; }

}  // namespace

std::string_view error_code_name(ErrorCode code) { return row(code).name; }

std::optional<ErrorCode> parse_error_code(std::string_view name) {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].name == name) return static_cast<ErrorCode>(i);
  }
  return std::nullopt;
}

int http_status(ErrorCode code) { return row(code).http; }
ExitStatus exit_status(ErrorCode code) { return row(code).exit; }

ErrorCode error_code_for_http_status(int status) {
  switch (status) {
    case 401:
      return ErrorCode::unauthorized;
    case 403:
      return ErrorCode::forbidden;
    case 404:
    case 410:
      return ErrorCode::not_found;
    case 409:
      return ErrorCode::version_exists;
    case 413:
      return ErrorCode::body_too_large;
    case 429:
      return ErrorCode::rate_limited;
    case 504:
      return ErrorCode::timed_out;
    case 507:
      return ErrorCode::storage_full;
    default:
      break;
  }
  if (status >= 400 && status < 500) return ErrorCode::invalid_request;
  if (status == 500) return ErrorCode::internal_error;
  return ErrorCode::registry_unavailable;
}

}  // namespace mkt
