// How large a tarball may become, packed and unpacked; the same on both sides of the wire.
#pragma once

#include <cstdint>

namespace mkt {

inline constexpr std::uint64_t kMaxTarballBytes = 50ULL * 1024 * 1024;

struct ArchiveLimits {
  // Of all files together, in bytes.
  std::uint64_t unpacked_bytes = 512ULL * 1024 * 1024;
  // Files and folders.
  std::uint64_t entries = 20'000;
  // Unpacked over packed bytes, counted once more than `ratio_from` bytes are unpacked: what
  // deflate makes of honest files stays far below, what it makes of zeros is about 1000.
  std::uint64_t ratio = 200;
  std::uint64_t ratio_from = 1024 * 1024;
};

}  // namespace mkt
