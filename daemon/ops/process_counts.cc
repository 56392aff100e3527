#include "daemon/ops/process_counts.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace mkt {
namespace {

double in_seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ProcessCounts count_process() {
  ProcessCounts counts;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    counts.cpu_seconds = in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime);
  }
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  if (statm >> size >> resident) {
    counts.resident_bytes = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }
  std::error_code none;
  for (std::filesystem::directory_iterator it("/proc/self/fd", none), end; !none && it != end;
       it.increment(none)) {
    ++counts.open_descriptors;
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) counts.max_descriptors = limit.rlim_cur;
  return counts;
}

}  // namespace mkt
