// The Access-Control-* fields.
#include "daemon/http/cors.h"

namespace mkt {
namespace {

// What scripts of other origins may read besides the safelisted fields. Each name is listed, as "*"
// cannot stand for a part of a name.
constexpr std::string_view kExpose =
    "Access-Control-Expose-Headers: ETag, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, "
    "X-RateLimit-Reset, RateLimit, RateLimit-Policy, X-Request-ID, X-Idempotency-Key, "
    "X-Idempotency-Replayed, Mkt-Sequence, Content-Disposition\r\n";
constexpr std::string_view kAnyone = "Access-Control-Allow-Origin: *\r\n";
// The MCP registry's API asks for these on all answers, with errors and OPTIONS.
constexpr std::string_view kMcp =
    "Access-Control-Allow-Origin: *\r\n"
    "Access-Control-Allow-Methods: GET, OPTIONS\r\n"
    "Access-Control-Allow-Headers: Authorization, Content-Type\r\n";
constexpr std::string_view kVary = "Vary: Origin\r\n";

constexpr const char* kReadMethods = "GET, HEAD, OPTIONS";
constexpr const char* kAllMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
constexpr const char* kReadHeaders = "Content-Type, X-Request-ID, Mkt-Min-Sequence";
// Those of both dialects of the older protocol, and ours.
constexpr const char* kAllHeaders =
    "Content-Type, Authorization, X-API-Key, X-Request-ID, Idempotency-Key, X-Idempotency-Key, "
    "Mkt-Signature, Mkt-Min-Sequence";
constexpr const char* kMaxAgeSeconds = "600";

}  // namespace

void Cors::append_to(std::string& head) const {
  switch (readers) {
    case Readers::same_origin:
      break;
    case Readers::anyone:
      head.append(kAnyone).append(kExpose);
      break;
    case Readers::mcp:
      head.append(kMcp).append(kExpose);
      break;
    case Readers::origin:
      head.append("Access-Control-Allow-Origin: ").append(origin).append("\r\n").append(kExpose);
  }
  if (by_origin) head.append(kVary);
}

bool is_anonymous_read(const RequestHead& head) {
  if (head.method != "GET" && head.method != "HEAD" && head.method != "OPTIONS") return false;
  return head.header("authorization").empty() && head.header("x-api-key").empty();
}

Response preflight_response(const Cors& cors) {
  const bool all = cors.readers == Cors::Readers::origin;
  Response response;
  response.status = 204;
  if (cors.readers == Cors::Readers::mcp) {
    response.headers.emplace_back("Access-Control-Max-Age", kMaxAgeSeconds);
    return response;  // append_to has the rest
  }
  response.headers.emplace_back("Access-Control-Allow-Methods", all ? kAllMethods : kReadMethods);
  response.headers.emplace_back("Access-Control-Allow-Headers", all ? kAllHeaders : kReadHeaders);
  response.headers.emplace_back("Access-Control-Max-Age", kMaxAgeSeconds);
  return response;
}

}  // namespace mkt
