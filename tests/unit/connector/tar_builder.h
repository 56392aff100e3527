// TarBuilder: makes tar archives, honest or hostile, header by header (POSIX.1-1988 ustar).
#pragma once

#include <zlib.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/base/encoding.h"
#include "common/connector/gzip_reader.h"

namespace mkt::test {

// One gzip member with zlib's own header and the fields in `header`.
inline std::string gzip(std::string_view content, gz_header* header = nullptr) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  if (header != nullptr) deflateSetHeader(&stream, header);
  std::string out(deflateBound(&stream, content.size()) + (2 << 20), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::logic_error("deflate");
  out.erase(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// Returns `text` in pieces of at most `step` bytes; `text` must outlive it.
inline ByteSource source_of(std::string_view text, std::size_t step = 1 << 20) {
  return [text, step](std::span<std::uint8_t> into) mutable -> Result<std::size_t> {
    const std::size_t n = std::min({text.size(), into.size(), step});
    std::memcpy(into.data(), text.data(), n);
    text.remove_prefix(n);
    return n;
  };
}

// A manifest for connector "hello" whose entrypoint is index.js.
inline constexpr std::string_view kHelloManifest =
    R"({"manifestVersion":"1.0","id":"hello","version":"1.0.0","displayName":"Hello",)"
    R"("author":"Acme","license":"MIT","entrypoint":"index.js",)"
    R"("tools":[{"name":"hello","policyClass":"READ"}],"capabilities":["custom"]})";

class TarBuilder {
 public:
  struct Header {
    std::string name;
    char type = '0';
    std::string size_field = {};  // instead of the content's size
    std::string link = {};
    std::string prefix = {};
    std::string magic = std::string("ustar\00000", 8);
    unsigned mode = 0644;
  };

  TarBuilder& add(const Header& h, std::string_view content = {}) {
    std::string block(512, '\0');
    const auto put = [&](std::size_t at, std::string_view text) {
      block.replace(at, text.size(), text);
    };
    const auto octal = [](std::uint64_t value, int digits) {
      char text[32];
      std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(value));
      return std::string(text);
    };
    put(0, h.name.substr(0, 100));
    put(100, octal(h.mode, 7));
    put(108, octal(0, 7));
    put(116, octal(0, 7));
    put(124, h.size_field.empty() ? octal(content.size(), 11) : h.size_field);
    put(136, octal(0, 11));
    put(148, "        ");
    block[156] = h.type;
    put(157, h.link);
    put(257, h.magic);
    put(345, h.prefix);
    unsigned sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    put(148, octal(sum, 6) + std::string("\0 ", 2));
    tar_ += block;
    tar_ += content;
    tar_.resize((tar_.size() + 511) / 512 * 512, '\0');
    return *this;
  }
  TarBuilder& file(const std::string& name, std::string_view content = "x") {
    return add({.name = name}, content);
  }
  TarBuilder& folder(const std::string& name) { return add({.name = name, .type = '5'}); }
  // A pax header ('x' or 'g') of records "keyword=value".
  TarBuilder& pax(std::initializer_list<std::string_view> records, char type = 'x') {
    std::string body;
    for (const std::string_view r : records) {
      std::size_t length = r.size() + 3;
      while (std::to_string(length).size() + r.size() + 2 != length) ++length;
      body += std::to_string(length) + " " + std::string(r) + "\n";
    }
    return add({.name = "pax", .type = type}, body);
  }
  TarBuilder& raw(std::string_view bytes) {
    tar_ += bytes;
    return *this;
  }
  // The connector "hello": manifest and entrypoint.
  TarBuilder& hello() { return file("connector.manifest.json", kHelloManifest).file("index.js"); }

  std::string unfinished() const { return tar_; }
  std::string tar() const { return tar_ + std::string(1024, '\0'); }
  std::string tarball() const { return gzip(tar()); }

 private:
  std::string tar_;
};

}  // namespace mkt::test
