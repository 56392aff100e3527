// GzipReader: reads one gzip stream (RFC 1952) to its very end, and nothing else.
//
// One member only, its CRC and length checked, no extra field, a name and comment of at most
// kMaxHeaderBytes together, no byte behind it; what it unpacks is bounded by the ratio of
// ArchiveLimits while it streams. Memory: the window and one buffer.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "common/base/encoding.h"
#include "common/base/result.h"
#include "common/connector/archive_limits.h"

struct z_stream_s;

namespace mkt {

// Fills the span from its start and returns how many bytes; 0 is the end.
using ByteSource = std::function<Result<std::size_t>(std::span<std::uint8_t>)>;

// Reads an open file from its start.
ByteSource file_source(int fd, std::string name);

class GzipReader {
 public:
  static constexpr std::size_t kMaxHeaderBytes = 4096;

  GzipReader(ByteSource source, const ArchiveLimits& limits);
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  // Up to into.size() unpacked bytes; 0 only at the sound end. archive_invalid for a damaged or
  // foreign stream, archive_too_large for a bomb.
  Result<std::size_t> read(std::span<std::uint8_t> into);

 private:
  // Reads on until `least` bytes are there, or the source ends.
  Status refill(std::size_t least);
  Status check_header();
  Status check_end();

  ByteSource source_;
  ArchiveLimits limits_;
  std::unique_ptr<z_stream_s> stream_;
  Bytes input_;
  std::uint64_t packed_ = 0;
  std::uint64_t unpacked_ = 0;
  bool header_checked_ = false;
  bool ended_ = false;
};

}  // namespace mkt
