#include "common/connector/gzip_reader.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <new>

#include "common/base/files.h"

namespace mkt {
namespace {

constexpr std::size_t kInputBytes = 64 * 1024;
constexpr std::size_t kHeaderBytes = 10;  // of RFC 1952, without the optional fields
constexpr std::uint8_t kExtraField = 0x04, kName = 0x08, kComment = 0x10;

Error invalid(std::string message) { return Error(ErrorCode::archive_invalid, std::move(message)); }

}  // namespace

ByteSource file_source(int fd, std::string name) {
  return [fd, name = std::move(name),
          offset = std::uint64_t{0}](std::span<std::uint8_t> into) mutable -> Result<std::size_t> {
    MKT_TRY(const std::size_t n, read_at(fd, into, offset, name));
    offset += n;
    return n;
  };
}

GzipReader::GzipReader(ByteSource source, const ArchiveLimits& limits)
    : source_(std::move(source)),
      limits_(limits),
      stream_(std::make_unique<z_stream>()),
      input_(kInputBytes) {
  constexpr int kGzipOnly = 16;
  if (inflateInit2(stream_.get(), MAX_WBITS + kGzipOnly) != Z_OK) throw std::bad_alloc();
}

GzipReader::~GzipReader() { inflateEnd(stream_.get()); }

Status GzipReader::refill(std::size_t least) {
  std::size_t filled = 0;
  while (filled < least) {  // a source may return less than requested
    MKT_TRY(const std::size_t n, source_(std::span(input_).subspan(filled)));
    if (n == 0) break;
    filled += n;
  }
  packed_ += filled;
  stream_->next_in = input_.data();
  stream_->avail_in = static_cast<uInt>(filled);
  return {};
}

// zlib reads the header itself, and would accept a name of any length.
Status GzipReader::check_header() {
  if (stream_->avail_in < kHeaderBytes || input_[0] != 0x1f || input_[1] != 0x8b ||
      input_[2] != 8) {
    return invalid("the tarball is not gzip");
  }
  const std::uint8_t flags = input_[3];
  if ((flags & kExtraField) != 0) return invalid("the gzip header has an extra field");
  const auto end = input_.begin() + static_cast<std::ptrdiff_t>(
                                        std::min<std::size_t>(stream_->avail_in, kMaxHeaderBytes));
  auto at = input_.begin() + kHeaderBytes;
  for (const std::uint8_t text : {kName, kComment}) {
    if ((flags & text) == 0) continue;
    at = std::find(at, end, 0);
    if (at == end) {
      return invalid(fmt::format("the gzip header is longer than {} bytes", kMaxHeaderBytes));
    }
    ++at;
  }
  return {};
}

Status GzipReader::check_end() {
  if (stream_->avail_in == 0) MKT_CHECK(refill(1));
  if (stream_->avail_in != 0) return invalid("bytes follow the end of the gzip stream");
  return {};
}

Result<std::size_t> GzipReader::read(std::span<std::uint8_t> into) {
  if (ended_ || into.empty()) return std::size_t{0};
  stream_->next_out = into.data();
  stream_->avail_out = static_cast<uInt>(into.size());
  while (stream_->avail_out == into.size()) {
    if (stream_->avail_in == 0) {
      MKT_CHECK(refill(header_checked_ ? 1 : kMaxHeaderBytes));
      if (stream_->avail_in == 0) return invalid("the gzip stream is cut short");
    }
    if (!header_checked_) {
      MKT_CHECK(check_header());
      header_checked_ = true;
    }
    const int result = inflate(stream_.get(), Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      MKT_CHECK(check_end());
      ended_ = true;
      break;
    }
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result != Z_OK) {
      return invalid(fmt::format("the gzip stream is damaged ({})",
                                 stream_->msg != nullptr ? stream_->msg : "incomplete"));
    }
  }
  const std::size_t n = into.size() - stream_->avail_out;
  unpacked_ += n;
  const std::uint64_t consumed = packed_ - stream_->avail_in;
  if (unpacked_ > limits_.ratio_from && unpacked_ / limits_.ratio > consumed) {
    return Error(ErrorCode::archive_too_large,
                 fmt::format("the tarball unpacks to more than {} times its size", limits_.ratio));
  }
  return n;
}

}  // namespace mkt
