// Parallel gzip: what zlib reads back, and the same bytes for every number of threads.
#include "common/connector/gzip_writer.h"

#include <doctest/doctest.h>
#include <zlib.h>

namespace mkt {
namespace {

std::string compress(std::string_view text, unsigned threads, std::size_t step) {
  std::string out;
  GzipWriter writer(
      [&](std::span<const std::uint8_t> bytes) -> Status {
        out += as_text(bytes);
        return {};
      },
      threads);
  for (std::size_t at = 0; at < text.size(); at += step) {
    REQUIRE(writer.write(as_bytes(text.substr(at, step))));
  }
  REQUIRE(writer.finish());
  return out;
}

// zlib's own reader: one member, to its end.
std::string decompress(const std::string& packed, std::size_t size) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, MAX_WBITS + 16) == Z_OK);
  std::string out(size + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  CHECK(stream.avail_in == 0);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string some_text(std::size_t size) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < size) {
    state = state * 1664525 + 1013904223;
    text += state % 3 == 0 ? "common words " : std::to_string(state);
  }
  text.resize(size);
  return text;
}

TEST_CASE("every size around a block's reads back as it was") {
  constexpr std::size_t kBlock = GzipWriter::kBlockBytes;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kBlock - 1, kBlock, kBlock + 1,
                                 2 * kBlock, 9 * kBlock + 77}) {
    CAPTURE(size);
    const std::string text = some_text(size);
    CHECK(decompress(compress(text, 2, 10'000), size) == text);
  }
}

TEST_CASE("neither threads nor the size of the pieces change the bytes") {
  const std::string text = some_text(1'000'000);
  const std::string once = compress(text, 1, text.size());
  CHECK(compress(text, 4, 4096) == once);
  CHECK(compress(text, 7, 131'073) == once);
}

TEST_CASE("bytes that do not compress come through") {
  std::string noise(500'000, '\0');
  std::uint64_t state = 88172645463325252ULL;
  for (char& c : noise) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    c = static_cast<char>(state);
  }
  CHECK(decompress(compress(noise, 3, 65'536), noise.size()) == noise);
}

TEST_CASE("a sink that fails ends the writing, and the writer can go") {
  GzipWriter writer([](auto) -> Status { return Error(ErrorCode::storage_full, "full"); }, 2);
  Status status;
  for (int i = 0; i < 100 && status; ++i) status = writer.write(as_bytes(some_text(200'000)));
  REQUIRE(!status);
  CHECK(status.error().code == ErrorCode::storage_full);
}

}  // namespace
}  // namespace mkt
