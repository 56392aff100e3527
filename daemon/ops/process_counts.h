// What the system reports about this process, from /proc/self (proc(5)).
#pragma once

#include <cstdint>
#include <optional>

namespace mkt {

struct ProcessCounts {
  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t max_descriptors = 0;
};

ProcessCounts count_process();

}  // namespace mkt
