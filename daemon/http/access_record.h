// What the access log is told of every request.
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
  std::string route;  // the pattern that answered; empty where none did
  std::string who;    // "admin", "publisher:acme"; empty for nobody
  int status = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::chrono::steady_clock::time_point started{};
  std::chrono::microseconds duration{0};
};

}  // namespace mkt
