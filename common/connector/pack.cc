// Source tree → libarchive's ustar writer → GzipWriter → file; see pack.h.
#include "common/connector/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <memory>
#include <optional>

#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/gzip_writer.h"
#include "common/connector/source_tree.h"

namespace mkt {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr int kTarBlocking = 10240;  // what tar(1) pads an archive to

struct FreeArchive {
  void operator()(archive* a) const { archive_write_free(a); }
};
struct FreeEntry {
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};

// Counts and hashes what goes to the file.
class TarballFile {
 public:
  explicit TarballFile(int fd) : fd_(fd) {}
  Status write(std::span<const std::uint8_t> bytes) {
    hasher_.update(bytes);
    size_ += bytes.size();
    return write_all(fd_, bytes, "the tarball");
  }
  std::uint64_t size() const { return size_; }
  Checksum checksum() { return hasher_.finish(); }

 private:
  int fd_;
  Hasher hasher_;
  std::uint64_t size_ = 0;
};

class Packer {
 public:
  Packer(int root_fd, int out_fd, unsigned threads)
      : root_fd_(root_fd),
        out_(out_fd),
        gzip_([this](std::span<const std::uint8_t> bytes) { return out_.write(bytes); }, threads),
        tar_(archive_write_new()),
        buffer_(kReadBytes) {
    archive_write_set_format_ustar(tar_.get());
    archive_write_set_bytes_per_block(tar_.get(), kTarBlocking);
    archive_write_set_bytes_in_last_block(tar_.get(), kTarBlocking);
  }

  Status run(const std::vector<SourceEntry>& entries) {
    if (archive_write_open2(tar_.get(), this, nullptr, &Packer::on_write, nullptr, nullptr) !=
        ARCHIVE_OK) {
      return failed("");
    }
    for (const SourceEntry& entry : entries) MKT_CHECK(add(entry));
    if (archive_write_close(tar_.get()) != ARCHIVE_OK) return failed("");
    return gzip_.finish();
  }

  TarballFile& out() { return out_; }

 private:
  static la_ssize_t on_write(archive*, void* self, const void* data, std::size_t size) {
    auto& packer = *static_cast<Packer*>(self);
    if (packer.failure_) return -1;
    Status ok = packer.gzip_.write({static_cast<const std::uint8_t*>(data), size});
    if (ok) return static_cast<la_ssize_t>(size);
    packer.failure_ = ok.error();
    return -1;
  }

  Error failed(std::string_view path) {
    if (failure_) return *failure_;
    const char* why = archive_error_string(tar_.get());
    return Error(ErrorCode::archive_invalid,
                 fmt::format("cannot pack {}: {}", printable(path),
                             printable(why != nullptr ? why : "unknown reason")));
  }

  Status add(const SourceEntry& entry) {
    const std::unique_ptr<archive_entry, FreeEntry> header(archive_entry_new());
    archive_entry_set_pathname(header.get(),
                               (entry.is_folder ? entry.path + "/" : entry.path).c_str());
    archive_entry_set_filetype(header.get(), entry.is_folder ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(header.get(), entry.executable ? 0755 : 0644);
    archive_entry_set_size(header.get(), static_cast<la_int64_t>(entry.size));
    archive_entry_set_mtime(header.get(), 0, 0);
    if (archive_write_header(tar_.get(), header.get()) != ARCHIVE_OK) {
      if (failure_) return *failure_;
      return Error(ErrorCode::archive_unsafe,
                   fmt::format("{}: the path is too long for a tarball: at most 100 bytes of name "
                               "after at most 155 bytes of folders",
                               printable(entry.path)));
    }
    return entry.is_folder ? Status() : content(entry);
  }

  Status content(const SourceEntry& entry) {
    const std::string shown = printable(entry.path);
    UniqueFd fd(
        ::openat(root_fd_, entry.path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!fd) return system_error(fmt::format("cannot read {}", shown), errno);
    std::uint64_t offset = 0;
    for (;;) {
      MKT_TRY(const std::size_t n, read_at(fd.get(), buffer_, offset, shown));
      if (n == 0) break;
      offset += n;
      if (offset > entry.size) break;
      if (archive_write_data(tar_.get(), buffer_.data(), n) != static_cast<la_ssize_t>(n)) {
        return failed(entry.path);
      }
    }
    if (offset != entry.size) {
      return Error(ErrorCode::io_error,
                   fmt::format("{} changed while it was being packed; try again", shown));
    }
    return {};
  }

  int root_fd_;
  TarballFile out_;
  GzipWriter gzip_;
  std::optional<Error> failure_;
  std::unique_ptr<archive, FreeArchive> tar_;
  Bytes buffer_;
};

Result<UniqueFd> open_folder(const std::filesystem::path& folder) {
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    return system_error(fmt::format("cannot open the folder {}", printable(folder.string())),
                        errno);
  }
  return fd;
}

}  // namespace

Result<Manifest> read_manifest(const std::filesystem::path& folder) {
  MKT_TRY(UniqueFd root, open_folder(folder));
  const std::filesystem::path path = folder / kManifestName;
  auto text = read_file(path, kMaxManifestBytes);
  if (!text) {
    if (text.error().code == ErrorCode::not_found) {
      return Error(
          ErrorCode::manifest_missing,
          fmt::format("{} has no {}; make one with: mkt init {}", printable(folder.string()),
                      kManifestName, printable(folder.string())));
    }
    return text.error();
  }
  auto manifest = Manifest::parse(*text);
  if (!manifest) return manifest.error().context(printable(path.string()));
  return manifest;
}

Result<Packed> pack_connector(const std::filesystem::path& folder, int out_fd,
                              const PackOptions& options) {
  MKT_TRY(Manifest manifest, read_manifest(folder));
  MKT_TRY(UniqueFd root, open_folder(folder));
  MKT_TRY(const std::vector<SourceEntry> entries,
          list_source_tree(root.get(), manifest.id(), options.limits));

  Packed packed{std::move(manifest), Checksum({}), 0, 0, 0};
  bool has_manifest = false;
  bool has_entrypoint = false;
  for (const SourceEntry& e : entries) {
    packed.files += e.is_folder ? 0 : 1;
    packed.unpacked_bytes += e.size;
    has_manifest = has_manifest || e.path == kManifestName;
    has_entrypoint = has_entrypoint || (!e.is_folder && e.path == packed.manifest.entrypoint());
  }
  if (!has_manifest) {
    return Error(ErrorCode::manifest_missing,
                 fmt::format("{} is left out by .mktignore; a tarball needs it", kManifestName));
  }
  if (!has_entrypoint) {
    return Error(ErrorCode::manifest_invalid,
                 fmt::format("{}: entrypoint: there is no file \"{}\" to pack", kManifestName,
                             packed.manifest.entrypoint()),
                 {{"entrypoint", "names a file that is missing or left out by .mktignore"}});
  }
  if (const auto& wanted = packed.manifest.entrypoint_checksum()) {
    MKT_TRY(UniqueFd fd, open_for_reading(folder / packed.manifest.entrypoint()));
    MKT_TRY(const Checksum actual, checksum_of_file(fd.get(), packed.manifest.entrypoint()));
    if (actual != *wanted) {
      return Error(ErrorCode::manifest_invalid,
                   fmt::format("{}: checksum: \"{}\" has {}, the manifest says {}", kManifestName,
                               packed.manifest.entrypoint(), actual.text(), wanted->text()),
                   {{"checksum", "is not the SHA-256 of the entrypoint"}});
    }
  }

  Packer packer(root.get(), out_fd,
                options.threads != 0 ? options.threads : default_gzip_threads());
  MKT_CHECK(packer.run(entries));
  packed.size = packer.out().size();
  packed.checksum = packer.out().checksum();
  if (packed.unpacked_bytes > options.limits.ratio_from &&
      packed.unpacked_bytes / options.limits.ratio > packed.size) {
    return Error(ErrorCode::archive_too_large,
                 fmt::format("the folder packs to less than 1/{} of its size; installers refuse "
                             "such a tarball as a decompression bomb",
                             options.limits.ratio));
  }
  return packed;
}

}  // namespace mkt
