// Tarballs: both as they come, and as the tar archive inside, packed again so that the fuzzer does
// not have to invent gzip's checksum.
#include <zlib.h>

#include <algorithm>
#include <cstdlib>

#include "common/base/encoding.h"
#include "common/connector/tarball_reader.h"

namespace {

mkt::ByteSource pieces_of(std::span<const std::uint8_t> bytes) {
  return [bytes](std::span<std::uint8_t> into) mutable -> mkt::Result<std::size_t> {
    const std::size_t n = std::min(into.size(), bytes.size());
    std::copy_n(bytes.begin(), n, into.begin());
    bytes = bytes.subspan(n);
    return n;
  };
}

void walk(std::span<const std::uint8_t> bytes) {
  const mkt::ArchiveLimits limits{.unpacked_bytes = 4 * 1024 * 1024, .entries = 200};
  const auto contents = mkt::walk_tarball(pieces_of(bytes), limits, nullptr);
  (void)contents;
}

// One member, stored: fast, and the fuzzer's bytes stay in sight.
mkt::Bytes gzip_of(std::span<const std::uint8_t> bytes) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  if (deflateInit2(&stream, 0, Z_DEFLATED, kGzip, 9, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
  constexpr std::size_t kSlack = 64;  // zlib 1.2.13 promises too little for stored blocks
  mkt::Bytes out(deflateBound(&stream, bytes.size()) + kSlack);
  stream.next_in = const_cast<std::uint8_t*>(bytes.data());
  stream.avail_in = static_cast<unsigned>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<unsigned>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  walk({data, size});
  if (size > 0) walk(gzip_of({data, size}));
  return 0;
}
