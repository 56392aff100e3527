// Checks tar headers. Field offsets are those of POSIX.1-1988 ustar.
#include "common/connector/tar_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::size_t kNameOffset = 0, kNameLength = 100;
constexpr std::size_t kSizeOffset = 124, kSizeLength = 12;
constexpr std::size_t kTypeOffset = 156;
constexpr std::size_t kMagicOffset = 257;
constexpr std::size_t kPrefixOffset = 345, kPrefixLength = 155;
constexpr std::string_view kPosixMagic("ustar\0", 6);
constexpr std::string_view kPosixVersion(
    "ustar\0"
    "00",
    8);
constexpr std::uint64_t kMaxPaxBytes = 64 * 1024;
constexpr std::uint64_t kMaxSize = 1ULL << 62;  // far from where sums overflow

// pax keywords that change neither a file's name nor its content.
constexpr auto kHarmlessKeywords =
    std::to_array<std::string_view>({"atime", "comment", "ctime", "gid", "gname",
                                     "LIBARCHIVE.creationtime", "mtime", "uid", "uname"});

// Those by which some programs read another name, size or content, beside path, linkpath and size.
constexpr auto kChangingKeywords = std::to_array<std::string_view>(
    {"hdrcharset", "SCHILY.filetype", "SCHILY.realsize", "SUN.holesdata"});

Error unsafe_header(std::string message) {
  return Error(ErrorCode::archive_unsafe, std::move(message));
}
Error invalid_tar(std::string message) {
  return Error(ErrorCode::archive_invalid, std::move(message));
}

std::optional<std::uint64_t> octal(std::string_view field) {
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  field = field.substr(0, field.find_first_of(std::string_view(" \0", 2)));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value, 8);
  if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
  return value;
}

bool say_once(bool& is_said) { return !std::exchange(is_said, true); }

constexpr std::uint64_t padded(std::uint64_t size) {
  return (size + TarGuard::kBlock - 1) / TarGuard::kBlock * TarGuard::kBlock;
}

}  // namespace

Status TarGuard::feed(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    switch (state_) {
      case State::content: {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
        skip_ -= n;
        bytes = bytes.subspan(n);
        if (skip_ == 0) state_ = State::header;
        break;
      }
      case State::pax: {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
        pax_.insert(pax_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
        skip_ -= n;
        bytes = bytes.subspan(n);
        if (skip_ == 0) {
          MKT_CHECK(pax_records());
          state_ = State::header;
        }
        break;
      }
      case State::header: {
        const std::size_t n = std::min(kBlock - filled_, bytes.size());
        std::copy_n(bytes.begin(), n, block_.begin() + static_cast<std::ptrdiff_t>(filled_));
        filled_ += n;
        bytes = bytes.subspan(n);
        if (filled_ == kBlock) {
          filled_ = 0;
          MKT_CHECK(header());
        }
        break;
      }
      case State::end:
        if (std::any_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b != 0; })) {
          return unsafe_header("bytes follow the end of the tar archive");
        }
        return {};
    }
  }
  return {};
}

Status TarGuard::header() {
  if (std::all_of(block_.begin(), block_.end(), [](std::uint8_t b) { return b == 0; })) {
    if (++zero_blocks_ == 2) state_ = State::end;
    return {};
  }
  if (zero_blocks_ > 0) return invalid_tar("a lone zero block stands inside the tar archive");

  const std::string_view text = as_text(block_);
  const auto size = octal(text.substr(kSizeOffset, kSizeLength));
  if (!size) return unsafe_header("a tar header has a size that is not plain octal");
  // Without the magic, some readers put the prefix before the name and others do not (GNU tar keeps
  // times there). Then one header would name two files.
  const std::string_view magic = dialects_ == Dialects::all ? kPosixVersion : kPosixMagic;
  const std::string_view prefix = text.substr(kPrefixOffset, kPrefixLength);
  if (text.substr(kMagicOffset, magic.size()) != magic &&
      prefix.find_first_not_of('\0') != std::string_view::npos) {
    return unsafe_header(
        "a tar header has a prefix and is not marked as ustar: it can be read in two ways");
  }
  const char type = text[kTypeOffset];
  switch (type) {
    case 'x':
    case 'g':
      return begin_pax(type, *size);
    case 'L':
    case 'K':
      if (dialects_ == Dialects::all) return begin_pax(type, *size);
      return unsafe_header(
          "GNU long names are not allowed in a tarball; pack with mkt pack or as ustar");
    default:
      return entry(type, *size, text);
  }
}

Status TarGuard::entry(char type, std::uint64_t size, std::string_view header) {
  const bool takes_all = dialects_ == Dialects::all;
  if (said_.size) size = *said_.size;
  const bool has_long_name = said_.name;
  said_ = {};
  switch (type) {
    case '0':
    case '\0': {
      const std::string_view name =
          header.substr(kNameOffset, kNameLength).substr(0, header.find('\0'));
      // Before ustar, a folder was a file with such a name.
      if (name.ends_with('/') && !has_long_name && (!takes_all || size != 0)) {
        return unsafe_header("a tar header names a file like a folder");
      }
      break;
    }
    case '5':
      if (size != 0) return unsafe_header("a tar header gives a folder a size");
      break;
    case '1':
    case '2':
      if (takes_all && size == 0) break;
      return unsafe_header("links are not allowed in a tarball");
    case '3':
    case '4':
    case '6':
      if (takes_all && size == 0) break;
      return unsafe_header("devices and pipes are not allowed in a tarball");
    default:
      return unsafe_header(fmt::format("tar entries of type '{}' are not allowed in a tarball",
                                       printable(std::string_view(&type, 1))));
  }
  sizes_.push_back(size);
  skip_ = padded(size);
  if (skip_ > 0) state_ = State::content;
  return {};
}

Status TarGuard::begin_pax(char type, std::uint64_t size) {
  if (size > kMaxPaxBytes) return unsafe_header("a pax header is larger than 64 KiB");
  const bool is_name = type == 'L' || type == 'K';
  if (is_name && size == 0) return unsafe_header("a tar header gives a name without a letter");
  pax_.clear();
  pax_size_ = size;
  pax_type_ = type;
  skip_ = padded(size);
  if (skip_ > 0) state_ = State::pax;
  return {};
}

// Records are "<length> <keyword>=<value>\n"; the length includes itself.
Status TarGuard::pax_records() {
  if (pax_type_ == 'L' || pax_type_ == 'K') return long_name();
  std::string_view rest = as_text(pax_).substr(0, pax_size_);
  while (!rest.empty()) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    const auto digits = static_cast<std::size_t>(end - rest.data());
    if (error != std::errc() || length > rest.size() || length < digits + 3 ||
        rest[digits] != ' ' || rest[length - 1] != '\n') {
      return invalid_tar("a pax header is malformed");
    }
    const std::string_view record = rest.substr(digits + 1, length - digits - 2);
    const std::size_t equals = std::min(record.find('='), record.size());
    MKT_CHECK(
        pax_record(record.substr(0, equals), record.substr(std::min(equals + 1, record.size()))));
    rest.remove_prefix(length);
  }
  return {};
}

Status TarGuard::pax_record(std::string_view keyword, std::string_view value) {
  const auto is_one_of = [&](const auto& keywords) {
    return std::find(keywords.begin(), keywords.end(), keyword) != keywords.end();
  };
  if (is_one_of(kHarmlessKeywords)) return {};
  const Error refused =
      unsafe_header(fmt::format("a pax header sets \"{}\", which is not allowed in a tarball",
                                printable(keyword.substr(0, 40))));
  if (dialects_ == Dialects::plain) return refused;
  if (keyword == "path" || keyword == "linkpath" || keyword == "size") {
    return say(keyword, value) ? Status() : refused;
  }
  const bool changes_content = is_one_of(kChangingKeywords) || keyword.starts_with("GNU.sparse.");
  return changes_content ? refused : Status();
}

// False where it is said already, of all entries, or not plainly.
bool TarGuard::say(std::string_view keyword, std::string_view value) {
  if (pax_type_ == 'g' || value.find('\0') != std::string_view::npos) return false;
  if (keyword != "size") return say_once(keyword == "path" ? said_.name : said_.link);
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
  const bool is_number = error == std::errc() && end == value.data() + value.size();
  if (said_.size || !is_number || size > kMaxSize) return false;
  said_.size = size;
  return true;
}

// A name that is too long for a header, with a NUL at its end.
Status TarGuard::long_name() {
  if (say_once(pax_type_ == 'L' ? said_.name : said_.link)) return {};
  return unsafe_header("two tar headers name one entry");
}

Status TarGuard::finish() const {
  // Some programs write no end. An archive that is cut between two entries then looks the same.
  const bool may_end = dialects_ == Dialects::all && state_ == State::header && filled_ == 0;
  if (state_ != State::end && !may_end) return invalid_tar("the tar archive is cut short");
  return {};
}

bool TarGuard::next_size(std::uint64_t& size) {
  if (sizes_.empty()) return false;
  size = sizes_.front();
  sizes_.pop_front();
  return true;
}

}  // namespace mkt
