// What the access log records about a request.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/trace_context.h"

namespace mkt {

struct AccessRecord {
  std::string request_id;
  std::string address;
  std::string method;
  std::string path;
  std::string route;  // the pattern of the route; empty where none matched
  std::string who;    // such as "admin", "publisher:acme"; empty for nobody
  // Where the client named one. The request is a span of it, with the request's id.
  std::optional<TraceContext> trace;
  int status = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::chrono::steady_clock::time_point started{};
  std::chrono::microseconds duration{0};
};

}  // namespace mkt
