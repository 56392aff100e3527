// How large a tarball may be, packed and unpacked; the same for client and registry.
#pragma once

#include <cstdint>

namespace mkt {

inline constexpr std::uint64_t kMaxTarballBytes = 50ULL * 1024 * 1024;

struct ArchiveLimits {
  // Bytes of all files together.
  std::uint64_t unpacked_bytes = 512ULL * 1024 * 1024;
  // Files and folders.
  std::uint64_t entries = 20'000;
  // Unpacked bytes per packed byte, checked once more than `ratio_from` bytes are unpacked. Honest
  // files stay far below this; zeros reach about 1000.
  std::uint64_t ratio = 200;
  std::uint64_t ratio_from = 1024 * 1024;
};

}  // namespace mkt
