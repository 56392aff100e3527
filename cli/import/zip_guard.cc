// Section numbers are those of PKWARE's APPNOTE.TXT 6.3.10.
#include "cli/import/zip_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::uint32_t kLocalMark = 0x04034b50;        // 4.3.7
constexpr std::uint32_t kDirectoryMark = 0x02014b50;    // 4.3.12
constexpr std::uint32_t kDescriptorMark = 0x08074b50;   // 4.3.9
constexpr std::uint32_t kLongLocatorMark = 0x07064b50;  // 4.3.15
constexpr std::uint32_t kEndMark = 0x06054b50;          // 4.3.16
constexpr std::size_t kLocalBytes = 30, kDirectoryBytes = 46, kEndBytes = 22;
constexpr std::size_t kLongLocatorBytes = 20, kDescriptorBytes = 12;
constexpr std::size_t kMaxComment = 65'535;
// An entry of the directory has 46 bytes and a name; honest ones have few more.
constexpr std::uint64_t kMaxDirectoryBytes = 32 * 1024 * 1024;
constexpr std::uint16_t kEncrypted = 0x2041;      // 4.4.4: bits 0, 6 and 13
constexpr std::uint16_t kSizesFollow = 0x0008;    // bit 3
constexpr std::uint16_t kDeflateEffort = 0x0006;  // bits 1 and 2: of no use to who unpacks
constexpr std::uint16_t kStored = 0, kDeflated = 8;

// Extra fields (4.5) that change neither name, place nor size of a file. Others can, each for the
// programs that know it: sizes of 64 bits (0x0001), another way to encrypt (0x9901), libarchive's
// own (0x6c78).
constexpr auto kHarmlessFields = std::to_array<std::uint32_t>({
    0x000a,                  // times, of NTFS
    0x5455,                  // times, of Info-ZIP
    0x5855, 0x7855, 0x7875,  // times and owners of Unix, of Info-ZIP
    0xcafe,                  // "this is a jar"
    0xa220, 0xd935,          // padding, in Office's and Android's packages
});
constexpr std::uint32_t kUnicodePath = 0x7075;  // 4.6.9

Error bad_zip(std::string message) { return Error(ErrorCode::archive_invalid, std::move(message)); }
Error unsafe_zip(std::string message) {
  return Error(ErrorCode::archive_unsafe, std::move(message));
}

std::uint32_t number(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

// 4.6.9: version 1, the CRC-32 of the name in the header, and the name in UTF-8. JSZip writes it
// beside every name that is not ASCII. Programs that know it go by it, others by the header.
bool is_same_name(std::span<const std::uint8_t> field, std::string_view name) {
  constexpr std::size_t kBeforeName = 5;
  return field.size() >= kBeforeName && field[0] == 1 &&
         as_text(field.subspan(kBeforeName)) == name;
}

// The fields behind the name in either half.
Status check_extra_fields(std::span<const std::uint8_t> extra, std::string_view name,
                          const std::string& shown) {
  constexpr std::size_t kFieldHead = 4;  // an id, and how many bytes follow
  while (!extra.empty()) {
    const std::size_t size = extra.size() < kFieldHead ? 0 : number(extra, 2, 2);
    if (extra.size() < kFieldHead || extra.size() - kFieldHead < size) {
      return unsafe_zip(fmt::format("the extra fields of {} are damaged", shown));
    }
    const std::uint32_t id = number(extra, 0, 2);
    const bool known =
        std::find(kHarmlessFields.begin(), kHarmlessFields.end(), id) != kHarmlessFields.end() ||
        (id == kUnicodePath && is_same_name(extra.subspan(kFieldHead, size), name));
    if (!known) {
      return unsafe_zip(fmt::format(
          "{} can be read in two ways: not every program knows its extra field 0x{:04x}", shown,
          id));
    }
    extra = extra.subspan(kFieldHead + size);
  }
  return {};
}

// What both halves say of a file.
struct ZipHeader {
  std::uint32_t flags, method, crc, packed, size;
  std::string name;
};

struct ZipEnd {
  std::uint64_t at;  // where the closing record begins, which is where the directory ends
  std::uint64_t entries, directory_size, directory_at;
};

class ZipDirectory {
 public:
  ZipDirectory(int fd, std::uint64_t file_bytes, const ArchiveLimits& limits)
      : fd_(fd), file_bytes_(file_bytes), limits_(limits) {}

  Result<std::vector<ZipMember>> read() {
    MKT_TRY(const ZipEnd end, find_end());
    MKT_TRY(const Bytes directory, bytes_at(end.directory_at, end.directory_size));
    std::vector<ZipMember> members;
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < end.entries; ++i) {
      MKT_TRY(ZipMember member, entry(directory, at));
      unpacked_ += member.size;
      if (unpacked_ > limits_.unpacked_bytes) {
        return Error(
            ErrorCode::archive_too_large,
            fmt::format("the archive unpacks to more than {} bytes", limits_.unpacked_bytes));
      }
      members.push_back(std::move(member));
    }
    if (at != directory.size())
      return bad_zip("bytes follow the last entry of the zip's directory");
    MKT_CHECK(check_layout(end.directory_at));
    return members;
  }

 private:
  // A file's header and data, and what must follow them where it says so.
  struct Extent {
    std::uint64_t begin, end;
    bool has_descriptor;
    std::uint32_t crc, packed, size;
  };

  Result<Bytes> bytes_at(std::uint64_t at, std::uint64_t count) const {
    if (at > file_bytes_ || count > file_bytes_ - at) return bad_zip("the zip is cut short");
    Bytes bytes(count);
    MKT_TRY(const std::size_t n, read_at(fd_, bytes, at, "the archive"));
    if (n != bytes.size()) return bad_zip("the zip is cut short");
    return bytes;
  }

  Result<ZipEnd> find_end() const {
    const std::uint64_t tail_bytes = std::min<std::uint64_t>(file_bytes_, kEndBytes + kMaxComment);
    if (tail_bytes < kEndBytes) return bad_zip("the file is not a zip archive");
    MKT_TRY(const Bytes tail, bytes_at(file_bytes_ - tail_bytes, tail_bytes));
    std::optional<std::size_t> last;
    for (std::size_t at = tail.size() - kEndBytes + 1; at-- > 0;) {
      if (number(tail, at, 4) != kEndMark) continue;
      if (!last) {
        last = at;
      } else if (number(tail, at + 20, 2) == tail.size() - at - kEndBytes) {
        // Its comment would hold the other, for who looks from the front.
        return unsafe_zip("the zip has two closing records");
      }
    }
    if (!last) return bad_zip("the file is not a zip archive, or is cut short");
    MKT_CHECK(check_no_long_form(file_bytes_ - tail_bytes + *last));
    return end_record(std::span(tail).subspan(*last), file_bytes_ - tail_bytes + *last);
  }

  // Programs that know the 64-bit form look for its locator right before the closing record, in
  // whatever stands there, and go by the directory that it names.
  Status check_no_long_form(std::uint64_t end_at) const {
    if (end_at < kLongLocatorBytes) return {};
    MKT_TRY(const Bytes before, bytes_at(end_at - kLongLocatorBytes, kLongLocatorBytes));
    if (number(before, 0, 4) != kLongLocatorMark) return {};
    return unsafe_zip("the zip has the 64-bit form, which an archive of this size does not need");
  }

  Result<ZipEnd> end_record(std::span<const std::uint8_t> record, std::uint64_t at) const {
    const std::uint32_t disk = number(record, 4, 2), directory_disk = number(record, 6, 2);
    const std::uint32_t here = number(record, 8, 2), entries = number(record, 10, 2);
    const std::uint32_t size = number(record, 12, 4), offset = number(record, 16, 4);
    if (number(record, 20, 2) != record.size() - kEndBytes) {
      return unsafe_zip("bytes follow the end of the zip archive");
    }
    constexpr std::uint32_t kElsewhere = std::numeric_limits<std::uint32_t>::max();
    if (entries == std::numeric_limits<std::uint16_t>::max() || size == kElsewhere ||
        offset == kElsewhere) {
      return bad_zip("the zip has the 64-bit form, which an archive of this size does not need");
    }
    if (disk != 0 || directory_disk != 0 || here != entries) {
      return bad_zip("the zip is one of several parts");
    }
    if (entries > limits_.entries) {
      return Error(ErrorCode::archive_too_large,
                   fmt::format("the archive has more than {} entries", limits_.entries));
    }
    if (size > kMaxDirectoryBytes) {
      return Error(ErrorCode::archive_too_large, "the zip's directory is too large");
    }
    // Bytes before the archive, as of a self-extracting one, would move every offset.
    if (std::uint64_t{offset} + size != at) {
      return unsafe_zip("the zip's directory does not stand where the archive says");
    }
    return ZipEnd{at, entries, size, offset};
  }

  Result<ZipMember> entry(std::span<const std::uint8_t> directory, std::size_t& at) {
    if (directory.size() - at < kDirectoryBytes || number(directory, at, 4) != kDirectoryMark) {
      return bad_zip("the zip's directory is damaged");
    }
    const auto record = directory.subspan(at);
    const std::size_t name_bytes = number(record, 28, 2), extra_bytes = number(record, 30, 2);
    const std::size_t comment_bytes = number(record, 32, 2);
    const std::size_t whole = kDirectoryBytes + name_bytes + extra_bytes + comment_bytes;
    if (record.size() < whole) return bad_zip("the zip's directory is damaged");
    at += whole;
    const ZipHeader said{
        number(record, 8, 2),  number(record, 10, 2),
        number(record, 16, 4), number(record, 20, 4),
        number(record, 24, 4), std::string(as_text(record.subspan(kDirectoryBytes, name_bytes)))};
    const std::string shown = printable(said.name.substr(0, 128));
    if ((said.flags & kEncrypted) != 0) {
      return unsafe_zip(
          fmt::format("{} is encrypted; mkt import reads no encrypted archive", shown));
    }
    if (said.method != kStored && said.method != kDeflated) {
      return bad_zip(
          fmt::format("{} is packed by method {}; only deflate is read", shown, said.method));
    }
    // No archiver writes one unasked; it is room for a record of another directory.
    if (comment_bytes != 0) return unsafe_zip(shown + " has a comment in the zip's directory");
    MKT_CHECK(check_extra_fields(record.subspan(kDirectoryBytes + name_bytes, extra_bytes),
                                 said.name, shown));
    MKT_CHECK(check_sizes(said, shown));
    MKT_CHECK(compare_with_file(said, number(record, 42, 4), shown));
    return ZipMember{said.name, said.size};
  }

  // What one program takes from one field and another from its twin.
  static Status check_sizes(const ZipHeader& said, const std::string& shown) {
    const bool stored = said.method == kStored;
    if ((stored && said.packed != said.size) || (said.name.ends_with('/') && said.size != 0)) {
      return unsafe_zip(fmt::format("{} can be read in two ways: its sizes differ", shown));
    }
    // Nothing ends stored bytes but their size: who reads from the front has to guess.
    if (stored && (said.flags & kSizesFollow) != 0 && said.size != 0) {
      return unsafe_zip(
          fmt::format("{} can be read in two ways: it is stored, and its size follows it; pack it "
                      "deflated",
                      shown));
    }
    return {};
  }

  // Reads the header before the file's data, and remembers where both lie.
  Status compare_with_file(const ZipHeader& said, std::uint64_t at, const std::string& shown) {
    MKT_TRY(const Bytes fixed, bytes_at(at, kLocalBytes));
    if (number(fixed, 0, 4) != kLocalMark) return bad_zip(shown + " is not where the zip says");
    const std::size_t name_bytes = number(fixed, 26, 2), extra_bytes = number(fixed, 28, 2);
    MKT_TRY(const Bytes name, bytes_at(at + kLocalBytes, name_bytes));
    const ZipHeader is{number(fixed, 6, 2),  number(fixed, 8, 2),  number(fixed, 14, 4),
                       number(fixed, 18, 4), number(fixed, 22, 4), std::string(as_text(name))};
    const std::uint32_t other_flags = (is.flags ^ said.flags) & ~std::uint32_t{kDeflateEffort};
    if (is.name != said.name || is.method != said.method || other_flags != 0 ||
        !is_same_data(is, said)) {
      return unsafe_zip(
          fmt::format("{} can be read in two ways: the zip's directory says something "
                      "else than its file",
                      shown));
    }
    MKT_TRY(const Bytes extra, bytes_at(at + kLocalBytes + name_bytes, extra_bytes));
    MKT_CHECK(check_extra_fields(extra, said.name, shown));
    const std::uint64_t data = at + kLocalBytes + name_bytes + extra_bytes;
    extents_.push_back({at, data + said.packed, (said.flags & kSizesFollow) != 0, said.crc,
                        said.packed, said.size});
    return {};
  }

  // Where the sizes follow the data, the header before it has zeros or, as Info-ZIP's, what was
  // known already.
  static bool is_same_data(const ZipHeader& is, const ZipHeader& said) {
    const bool may_be_zero = (said.flags & kSizesFollow) != 0;
    const auto same = [&](std::uint32_t a, std::uint32_t b) {
      return a == b || (may_be_zero && a == 0);
    };
    return same(is.crc, said.crc) && same(is.packed, said.packed) && same(is.size, said.size);
  }

  // Files from the first byte to the directory, and nothing between them: who reads from the front
  // finds the same ones.
  Status check_layout(std::uint64_t directory_at) {
    std::sort(extents_.begin(), extents_.end(),
              [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < extents_.size(); ++i) {
      const Extent& extent = extents_[i];
      MKT_CHECK(check_touches(end, extent.begin));
      end = extent.end;
      if (!extent.has_descriptor) continue;
      const std::uint64_t next = i + 1 < extents_.size() ? extents_[i + 1].begin : directory_at;
      MKT_CHECK(check_descriptor(extent, next));
      end = next;
    }
    return check_touches(end, directory_at);
  }

  static Status check_touches(std::uint64_t end, std::uint64_t next) {
    if (end > next) return unsafe_zip("two parts of the zip overlap");
    if (end < next) return unsafe_zip("the zip has bytes that its directory does not name");
    return {};
  }

  // What is between the data and the next part: CRC and sizes, in most archives behind a mark.
  Status check_descriptor(const Extent& extent, std::uint64_t next) const {
    constexpr std::size_t kMarkBytes = 4;
    if (extent.end > next) return check_touches(extent.end, next);
    const std::uint64_t bytes = next - extent.end;
    if (bytes == kDescriptorBytes || bytes == kMarkBytes + kDescriptorBytes) {
      MKT_TRY(const Bytes record, bytes_at(extent.end, bytes));
      const std::size_t at = record.size() - kDescriptorBytes;
      if ((at == 0 || number(record, 0, kMarkBytes) == kDescriptorMark) &&
          number(record, at, 4) == extent.crc && number(record, at + 4, 4) == extent.packed &&
          number(record, at + 8, 4) == extent.size) {
        return {};
      }
    }
    return unsafe_zip("what follows a file of the zip says something else than its directory");
  }

  int fd_;
  std::uint64_t file_bytes_;
  const ArchiveLimits& limits_;
  std::uint64_t unpacked_ = 0;
  std::vector<Extent> extents_;
};

}  // namespace

Result<std::vector<ZipMember>> read_zip_directory(int fd, const ArchiveLimits& limits) {
  MKT_TRY(const std::uint64_t bytes, file_size(fd, "the archive"));
  return ZipDirectory(fd, bytes, limits).read();
}

}  // namespace mkt
