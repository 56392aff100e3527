// GzipReader: reads exactly one gzip stream (RFC 1952), to its very end.
//
// The stream must be one member with a correct CRC and length, no extra field, at most
// kMaxHeaderBytes of name and comment together, and no byte after it. While it streams, the ratio
// of ArchiveLimits bounds what it unpacks. Uses memory for the window and one buffer. Not
// thread-safe.
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

// Fills the span from its start and returns the number of bytes; 0 means the end.
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

  // Reads up to into.size() unpacked bytes; 0 only at the end of a sound stream. archive_invalid
  // for a damaged stream or one that is not gzip, archive_too_large for a bomb.
  Result<std::size_t> read(std::span<std::uint8_t> into);

 private:
  // Reads until `least` bytes are there or the source ends.
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
