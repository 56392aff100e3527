// Source tree → libarchive's ustar writer → GzipWriter → file.
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
#include "common/connector/manifest_checksum.h"

namespace mkt {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr int kTarBlocking = 10240;  // tar(1) pads an archive to a multiple of this

struct FreeArchive {
  void operator()(archive* a) const { archive_write_free(a); }
};
struct FreeEntry {
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};

// Counts and hashes what is written to the file.
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

Result<UniqueFd> open_entry(int root_fd, const std::string& path) {
  UniqueFd fd(::openat(root_fd, path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return system_error(fmt::format("cannot read {}", printable(path)), errno);
  return fd;
}

class Packer {
 public:
  Packer(const PackPlan& plan, int root_fd, int out_fd, const PackOptions& options)
      : plan_(plan),
        options_(options),
        root_fd_(root_fd),
        out_(out_fd),
        gzip_([this](std::span<const std::uint8_t> bytes) { return out_.write(bytes); },
              options.threads != 0 ? options.threads : default_gzip_threads()),
        tar_(archive_write_new()),
        buffer_(kReadBytes) {
    archive_write_set_format_ustar(tar_.get());
    archive_write_set_bytes_per_block(tar_.get(), kTarBlocking);
    archive_write_set_bytes_in_last_block(tar_.get(), kTarBlocking);
  }

  Status run() {
    if (archive_write_open2(tar_.get(), this, nullptr, &Packer::on_write, nullptr, nullptr) !=
        ARCHIVE_OK) {
      return failed("");
    }
    for (const SourceEntry& entry : plan_.tree.entries) MKT_CHECK(add(entry));
    if (archive_write_close(tar_.get()) != ARCHIVE_OK) return failed("");
    MKT_CHECK(gzip_.finish());
    if (options_.progress) options_.progress(plan_.unpacked_bytes, plan_.unpacked_bytes);
    return {};
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
    if (entry.is_folder) return {};
    return entry.path == kManifestName ? data(entry, as_bytes(plan_.manifest_text))
                                       : content(entry);
  }

  Status data(const SourceEntry& entry, std::span<const std::uint8_t> bytes) {
    if (archive_write_data(tar_.get(), bytes.data(), bytes.size()) ==
        static_cast<la_ssize_t>(bytes.size())) {
      return {};
    }
    return failed(entry.path);
  }

  Status content(const SourceEntry& entry) {
    const std::string shown = printable(entry.path);
    MKT_TRY(const UniqueFd fd, open_entry(root_fd_, entry.path));
    const bool is_entrypoint = entry.path == plan_.manifest.entrypoint();
    Hasher hasher;  // of the entrypoint: the manifest was written before it
    std::uint64_t offset = 0;
    for (;;) {
      MKT_TRY(const std::size_t n, read_at(fd.get(), buffer_, offset, shown));
      if (n == 0) break;
      offset += n;
      if (offset > entry.size) break;
      if (is_entrypoint) hasher.update({buffer_.data(), n});
      MKT_CHECK(data(entry, {buffer_.data(), n}));
      packed_ += n;
      if (options_.progress) options_.progress(packed_, plan_.unpacked_bytes);
    }
    if (offset != entry.size ||
        (is_entrypoint && hasher.finish() != plan_.manifest.entrypoint_checksum())) {
      return Error(ErrorCode::io_error,
                   fmt::format("{} changed while it was being packed; try again", shown));
    }
    return {};
  }

  const PackPlan& plan_;
  const PackOptions& options_;
  std::uint64_t packed_ = 0;  // bytes of files
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

Result<std::string> read_manifest_text(const std::filesystem::path& folder) {
  MKT_TRY(UniqueFd root, open_folder(folder));
  auto text = read_file(folder / kManifestName, kMaxManifestBytes);
  if (!text && text.error().code == ErrorCode::not_found) {
    return Error(ErrorCode::manifest_missing,
                 fmt::format("{} has no {}; make one with: mkt init {}", printable(folder.string()),
                             kManifestName, printable(folder.string())));
  }
  return text;
}

Result<Manifest> parse_manifest(const std::filesystem::path& folder, std::string_view text) {
  auto manifest = Manifest::parse(text);
  if (!manifest) return manifest.error().context(printable((folder / kManifestName).string()));
  return manifest;
}

ManifestChecksum compare(const std::optional<Checksum>& said, const Checksum& is) {
  if (!said) return ManifestChecksum::missing;
  return *said == is ? ManifestChecksum::right : ManifestChecksum::outdated;
}

// `output` is the file being written, or null.
Result<PackPlan> plan(int root_fd, const std::filesystem::path& folder, const ArchiveLimits& limits,
                      const struct stat* output) {
  MKT_TRY(const std::string source_text, read_manifest_text(folder));
  MKT_TRY(const Manifest source, parse_manifest(folder, source_text));
  MKT_TRY(SourceTree tree, list_source_tree(root_fd, source.id(), limits, output));

  SourceEntry* manifest_entry = nullptr;
  bool has_entrypoint = false;
  for (SourceEntry& e : tree.entries) {
    if (!e.is_folder && e.path == kManifestName) manifest_entry = &e;
    has_entrypoint = has_entrypoint || (!e.is_folder && e.path == source.entrypoint());
  }
  if (manifest_entry == nullptr) {
    return Error(ErrorCode::manifest_missing,
                 fmt::format("{} is left out by .mktignore; a tarball needs it", kManifestName));
  }
  if (!has_entrypoint) {
    return Error(ErrorCode::manifest_invalid,
                 fmt::format("{}: entrypoint: there is no file \"{}\" to pack", kManifestName,
                             source.entrypoint()),
                 {{"entrypoint", "names a file that is missing or left out"}});
  }
  MKT_TRY(const UniqueFd entrypoint, open_entry(root_fd, source.entrypoint()));
  MKT_TRY(const Checksum checksum, checksum_of_file(entrypoint.get(), source.entrypoint()));
  // A manifest cannot hold a checksum of itself.
  const bool fills = source.entrypoint() != kManifestName;
  std::string text = fills ? with_entrypoint_checksum(source_text, checksum) : source_text;
  MKT_TRY(Manifest manifest, parse_manifest(folder, text));
  manifest_entry->size = text.size();

  PackPlan p{std::move(manifest),
             std::move(text),
             compare(source.entrypoint_checksum(), checksum),
             std::move(tree),
             0,
             0};
  for (const SourceEntry& e : p.tree.entries) {
    p.files += e.is_folder ? 0 : 1;
    p.unpacked_bytes += e.size;
  }
  return p;
}

}  // namespace

Result<Manifest> read_manifest(const std::filesystem::path& folder) {
  MKT_TRY(const std::string text, read_manifest_text(folder));
  return parse_manifest(folder, text);
}

Result<PackPlan> plan_pack(const std::filesystem::path& folder, const PackOptions& options) {
  MKT_TRY(const UniqueFd root, open_folder(folder));
  return plan(root.get(), folder, options.limits, nullptr);
}

Result<Packed> pack_connector(const std::filesystem::path& folder, int out_fd,
                              const PackOptions& options) {
  struct stat output {};
  if (::fstat(out_fd, &output) != 0) return system_error("cannot write the tarball", errno);
  MKT_TRY(const UniqueFd root, open_folder(folder));
  MKT_TRY(PackPlan planned, plan(root.get(), folder, options.limits, &output));
  Packed packed{{std::move(planned)}, Checksum({}), 0};

  Packer packer(packed, root.get(), out_fd, options);
  MKT_CHECK(packer.run());
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
