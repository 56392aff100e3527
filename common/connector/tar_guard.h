// TarGuard: checks a tar stream before libarchive reads it, and refuses what libarchive would
// accept but we do not.
//
// libarchive reads many dialects: GNU long names, sparse files, pax records that replace a name or
// a size. Programs that read such headers differently see different files in one tarball. So only
// plain headers pass (POSIX.1-1988 ustar, and the old GNU and V7 forms of the same fields, which
// have no prefix): files and folders, sizes in octal, and pax records with nothing but times,
// owners and comments. The guard also reports the sizes that it saw, so the caller can compare
// libarchive's with them.
//
// Of all dialects (what other programs packed) it takes long names of GNU tar and pax records, too,
// as long as each name and size is said once, and leaves links and devices to the caller. Not
// thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>

#include "common/base/encoding.h"
#include "common/base/result.h"

namespace mkt {

class TarGuard {
 public:
  static constexpr std::size_t kBlock = 512;
  enum class Dialects { plain, all };

  explicit TarGuard(Dialects dialects = Dialects::plain) : dialects_(dialects) {}

  // Takes the next bytes of the stream; archive_unsafe or archive_invalid at the first bad header.
  Status feed(std::span<const std::uint8_t> bytes);
  // Checks that the stream ended with two zero blocks and only zeros after them; of all dialects,
  // at the end of an entry.
  Status finish() const;

  // Takes the size of the oldest file or folder not taken yet; false when there is none.
  bool next_size(std::uint64_t& size);

 private:
  // What the headers before it say of the entry that follows.
  struct Said {
    bool name = false;
    bool link = false;
    std::optional<std::uint64_t> size;
  };

  Status header();
  Status entry(char type, std::uint64_t size, std::string_view header);
  Status begin_pax(char type, std::uint64_t size);
  Status pax_records();
  Status pax_record(std::string_view keyword, std::string_view value);
  bool say(std::string_view keyword, std::string_view value);
  Status long_name();

  enum class State { header, content, pax, end };
  Dialects dialects_;
  State state_ = State::header;
  std::array<std::uint8_t, kBlock> block_{};
  std::size_t filled_ = 0;
  std::uint64_t skip_ = 0;  // bytes of content and padding still to skip
  char pax_type_ = 'x';     // 'g': of all entries that follow; 'L', 'K': a long name of GNU tar
  Said said_;
  Bytes pax_;                   // a pax header's records, or a long name
  std::uint64_t pax_size_ = 0;  // without padding
  int zero_blocks_ = 0;
  std::deque<std::uint64_t> sizes_;
};

}  // namespace mkt
