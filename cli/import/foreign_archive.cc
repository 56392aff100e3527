// gzip → libarchive's tar, or ZipGuard → libarchive's zip → EntryNames → visitor.
#include "cli/import/foreign_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <locale.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "cli/import/zip_guard.h"
#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/entry_path.h"
#include "common/connector/gzip_reader.h"
#include "common/connector/manifest.h"
#include "common/connector/tar_guard.h"

namespace mkt {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::string_view kExtensionFolder = "extension";
// As long as a path may be on Linux (PATH_MAX). Longer names only cost time.
constexpr std::size_t kMaxForeignName = 4096;

struct FreeForeign {
  void operator()(archive* a) const { archive_read_free(a); }
};

// libarchive turns names into the encoding of the thread's locale. In that of "C" it loses every
// name that is not ASCII.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) former_ = ::uselocale(locale_);
  }
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    ::uselocale(former_);
    ::freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_;
  locale_t former_ = nullptr;
};

Error unsafe_archive(std::string message) {
  return Error(ErrorCode::archive_unsafe, std::move(message));
}
Error too_large(std::string message) {
  return Error(ErrorCode::archive_too_large, std::move(message));
}

// A program of Windows begins as one of DOS, which says where the rest begins (Microsoft's "PE
// Format").
bool begins_pe(std::string_view text) {
  constexpr std::size_t kOffsetAt = 0x3c;
  if (!text.starts_with("MZ") || text.size() < kOffsetAt + 4) return false;
  std::size_t offset = 0;
  for (std::size_t i = 4; i-- > 0;) {
    offset = offset << 8 | static_cast<std::uint8_t>(text[kOffsetAt + i]);
  }
  return offset < text.size() && text.substr(offset, 4) == std::string_view("PE\0\0", 4);
}

class ForeignWalk {
 public:
  ForeignWalk(int fd, ForeignLayout layout, const ArchiveLimits& limits, EntryVisitor& visitor)
      : fd_(fd),
        layout_(layout),
        limits_(limits),
        visitor_(visitor),
        gzip_(file_source(fd, "the archive"), limits),
        piece_(kPieceBytes),
        stream_(kPieceBytes),
        archive_(archive_read_new()) {}

  Result<ForeignContents> run() {
    const Utf8Locale locale;
    MKT_TRY(packed_, file_size(fd_, "the archive"));
    MKT_CHECK(is_zip() ? open_zip() : open_tar());
    for (;;) {
      archive_entry* raw = nullptr;
      const int result = archive_read_next_header(archive_.get(), &raw);
      if (failure_) return *failure_;
      if (result == ARCHIVE_EOF) break;
      if (result != ARCHIVE_OK) return failed();
      if (++entries_ > limits_.entries) return too_many();
      MKT_CHECK(entry(raw));
    }
    MKT_CHECK(is_zip() ? check_all_seen() : drain());
    return std::move(contents_);
  }

 private:
  Error too_many() const {
    return too_large(
        fmt::format("the archive has more than {} files and folders", limits_.entries));
  }

  bool is_zip() const { return layout_ != ForeignLayout::npm_tarball; }

  Status open_zip() {
    MKT_TRY(const std::vector<ZipMember> members, read_zip_directory(fd_, limits_));
    for (const ZipMember& m : members) {
      if (!zip_sizes_.emplace(m.name, m.size).second) {
        return unsafe_archive(
            fmt::format("{} appears twice", printable(m.name.substr(0, kMaxEntryPathBytes))));
      }
    }
    archive_read_support_format_zip_seekable(archive_.get());
    if (::lseek(fd_, 0, SEEK_SET) != 0) return system_error("cannot read the archive", errno);
    if (archive_read_open_fd(archive_.get(), fd_, kPieceBytes) != ARCHIVE_OK) return failed();
    return {};
  }

  // libarchive reads the archive on its own: it must have found what ZipGuard found, each once.
  Status check_all_seen() const {
    if (zip_sizes_.empty()) return {};
    return unsafe_archive(fmt::format("{} can be read in two ways",
                                      printable(zip_sizes_.begin()->first.substr(0, 128))));
  }

  Status open_tar() {
    archive_read_support_format_tar(archive_.get());
    if (archive_read_open(archive_.get(), this, nullptr, &ForeignWalk::on_read, nullptr) !=
        ARCHIVE_OK) {
      return failed();
    }
    return {};
  }

  static la_ssize_t on_read(archive*, void* self, const void** data) {
    auto& walk = *static_cast<ForeignWalk*>(self);
    const auto n = walk.fill();
    if (!n) {
      walk.failure_ = n.error();
      return -1;
    }
    *data = walk.stream_.data();
    return static_cast<la_ssize_t>(*n);
  }

  // The next bytes of the tar. Headers and padding count too: twice the files' own bound is more
  // than any honest archive has.
  Result<std::size_t> fill() {
    MKT_TRY(const std::size_t n, gzip_.read(stream_));
    MKT_CHECK(guard_.feed({stream_.data(), n}));
    streamed_ += n;
    if (streamed_ / 2 > limits_.unpacked_bytes + limits_.ratio_from) {
      return too_large(
          fmt::format("the archive unpacks to more than {} bytes", limits_.unpacked_bytes));
    }
    return n;
  }

  // libarchive stops at the end of the tar; the gzip stream must be sound to its own end.
  Status drain() {
    for (;;) {
      MKT_TRY(const std::size_t n, fill());
      if (n == 0) return guard_.finish();
    }
  }

  Error failed() const {
    if (failure_) return *failure_;
    const char* why = archive_error_string(archive_.get());
    return Error(ErrorCode::archive_invalid,
                 fmt::format("the archive cannot be read: {}",
                             printable(why != nullptr ? why : "unknown format")));
  }

  Status entry(archive_entry* raw) {
    const char* name = archive_entry_pathname(raw);
    TarEntry e;
    e.path = name != nullptr ? name : "";
    if (e.path.size() > kMaxForeignName) {
      return unsafe_archive(fmt::format("a name has more than {} bytes", kMaxForeignName));
    }
    const std::string shown = printable(e.path.substr(0, 128));
    const auto type = archive_entry_filetype(raw);
    e.is_folder = type == AE_IFDIR;
    if (type == AE_IFLNK || archive_entry_hardlink(raw) != nullptr) {
      return unsafe_archive(fmt::format("{} is a link; a connector has none", shown));
    }
    if ((!e.is_folder && type != AE_IFREG) || archive_entry_sparse_count(raw) > 0) {
      return unsafe_archive(fmt::format("{} is neither a plain file nor a folder", shown));
    }
    e.executable = (archive_entry_perm(raw) & 0100) != 0;
    if (is_zip()) {
      const auto member = zip_sizes_.find(e.path);
      if (member == zip_sizes_.end()) {
        return unsafe_archive(fmt::format("{} can be read in two ways", shown));
      }
      e.size = member->second;
      zip_sizes_.erase(member);
    } else {
      if (!e.is_folder) e.size = static_cast<std::uint64_t>(archive_entry_size(raw));
      std::uint64_t guarded = 0;
      if (!guard_.next_size(guarded) || guarded != e.size) {
        return unsafe_archive(fmt::format("{} can be read in two ways", shown));
      }
    }
    auto taken = place(e);
    if (!taken) return taken.error().context(fmt::format("entry \"{}\"", shown));
    if (*taken) return e.is_folder ? visitor_.folder(e) : file(e);
    if (!e.is_folder) contents_.left_out.push_back(std::move(e.path));
    return {};
  }

  // Turns the entry's path into the one below the folder that is taken off; false where the entry
  // is not taken.
  Result<bool> place(TarEntry& e) {
    std::size_t begin = 0;
    while (e.path.compare(begin, 2, "./") == 0) begin += 2;
    std::string path = e.path.substr(begin);
    if (e.is_folder && path.ends_with('/')) path.pop_back();
    if (e.is_folder && (path.empty() || path == ".")) return false;
    MKT_CHECK(check_entry_path(path));
    if (layout_ != ForeignLayout::mcp_bundle) {
      const std::size_t slash = path.find('/');
      const std::string_view first = std::string_view(path).substr(0, slash);
      const bool inside = slash != std::string::npos;
      if (layout_ == ForeignLayout::vscode) {
        if (first != kExtensionFolder || !inside) return false;
      } else {
        if (folder_.empty()) folder_ = first;
        if (first != folder_ || (!inside && !e.is_folder)) {
          return Error(ErrorCode::archive_invalid,
                       "not everything lies in one folder, as npm pack has it");
        }
        if (!inside) return false;
      }
      path.erase(0, slash + 1);
    }
    const std::string_view root = std::string_view(path).substr(0, path.find('/'));
    if (root != kManifestName && fold_name(root) == kManifestName) {
      return unsafe_archive(
          fmt::format("it differs from the connector's own {} in case only", kManifestName));
    }
    MKT_CHECK(names_.add(path, e.is_folder ? EntryNames::Kind::folder : EntryNames::Kind::file));
    // Each entry may want folders that are no entries.
    if (names_.count() > limits_.entries) return too_many();
    e.path = std::move(path);
    return true;
  }

  Status file(TarEntry& e) {
    MKT_CHECK(visitor_.begin_file(e));
    Hasher hasher;
    std::uint64_t size = 0;
    for (;;) {
      const la_ssize_t n = archive_read_data(archive_.get(), piece_.data(), piece_.size());
      if (n < 0) return failed();
      if (n == 0) break;
      const std::span<const std::uint8_t> bytes(piece_.data(), static_cast<std::size_t>(n));
      if (size == 0 && begins_native_program(bytes)) contents_.native_programs.push_back(e.path);
      size += bytes.size();
      MKT_CHECK(check_growth(bytes.size()));
      if (size > e.size) break;
      hasher.update(bytes);
      MKT_CHECK(visitor_.content(bytes));
    }
    if (size != e.size) {
      return unsafe_archive(
          fmt::format("{} has another size than the archive says", printable(e.path)));
    }
    MKT_CHECK(visitor_.end_file(e, hasher.finish()));
    contents_.files.insert(std::move(e.path));
    return {};
  }

  Status check_growth(std::size_t more) {
    contents_.unpacked_bytes += more;
    if (contents_.unpacked_bytes > limits_.unpacked_bytes) {
      return too_large(
          fmt::format("the archive unpacks to more than {} bytes", limits_.unpacked_bytes));
    }
    if (contents_.unpacked_bytes > limits_.ratio_from &&
        contents_.unpacked_bytes / limits_.ratio > packed_) {
      return too_large(
          fmt::format("the archive unpacks to more than {} times its size", limits_.ratio));
    }
    return {};
  }

  int fd_;
  ForeignLayout layout_;
  const ArchiveLimits& limits_;
  EntryVisitor& visitor_;
  GzipReader gzip_;
  Bytes piece_;   // of a file
  Bytes stream_;  // of the tar
  TarGuard guard_{TarGuard::Dialects::all};
  std::optional<Error> failure_;
  std::unique_ptr<archive, FreeForeign> archive_;
  EntryNames names_;
  std::map<std::string, std::uint64_t> zip_sizes_;  // of what is still to come, by its name
  std::string folder_;                              // that an npm tarball has everything in
  std::uint64_t packed_ = 0, streamed_ = 0, entries_ = 0;
  ForeignContents contents_;
};

}  // namespace

Result<ForeignContents> walk_foreign_archive(int fd, ForeignLayout layout,
                                             const ArchiveLimits& limits, EntryVisitor& visitor) {
  return ForeignWalk(fd, layout, limits, visitor).run();
}

bool begins_native_program(std::span<const std::uint8_t> beginning) {
  const std::string_view text = as_text(beginning);
  if (text.starts_with("\x7f"
                       "ELF") ||
      begins_pe(text))
    return true;
  for (const std::string_view mark :
       {"\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe"}) {
    if (text.starts_with(mark)) return true;
  }
  // A Mach-O for several processors says how many. A class of Java, which begins with the same
  // mark, has there its version, 45 or more.
  constexpr std::uint8_t kMaxProcessors = 30;
  return beginning.size() >= 8 && text.starts_with("\xca\xfe\xba\xbe") && beginning[4] == 0 &&
         beginning[5] == 0 && beginning[6] == 0 && beginning[7] <= kMaxProcessors;
}

}  // namespace mkt
