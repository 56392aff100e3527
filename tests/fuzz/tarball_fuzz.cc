// Tarballs: both as they come, and as the tar archive inside, packed again so that the fuzzer does
// not have to invent gzip's checksum. The guard of all dialects reads them, too, and must find the
// same, however the bytes come.
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/base/encoding.h"
#include "common/connector/tar_guard.h"
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

struct Found {
  std::vector<std::uint64_t> sizes;
  std::string refused;
  bool operator==(const Found&) const = default;
};

Found guard(std::span<const std::uint8_t> bytes, std::size_t piece) {
  mkt::TarGuard guard(mkt::TarGuard::Dialects::all);
  Found found;
  const auto take = [&] {
    std::uint64_t size = 0;
    while (guard.next_size(size)) found.sizes.push_back(size);
  };
  while (!bytes.empty()) {
    const std::size_t n = std::min(piece, bytes.size());
    const mkt::Status fed = guard.feed(bytes.first(n));
    take();
    if (!fed) {
      found.refused = fed.error().message;
      return found;
    }
    bytes = bytes.subspan(n);
  }
  if (const mkt::Status ended = guard.finish(); !ended) found.refused = ended.error().message;
  return found;
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
  constexpr std::size_t kOddPiece = 37;  // no header is whole in one
  const Found whole = guard({data, size}, size);
  if (whole != guard({data, size}, kOddPiece)) std::abort();
  return 0;
}
