// What the access log records about a request.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mkt {

struct AccessRecord {
  std::string request_id;
  std::string address;
  std::string method;
  std::string path;
  std::string route;  // the pattern of the route; empty where none matched
  std::string who;    // such as "admin", "publisher:acme"; empty for nobody
  int status = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::chrono::steady_clock::time_point started{};
  std::chrono::microseconds duration{0};
};

}  // namespace mkt
