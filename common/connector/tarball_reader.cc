// gzip → TarGuard → libarchive → EntryNames.
#include "common/connector/tarball_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <map>

#include "common/base/utf8.h"
#include "common/connector/entry_path.h"
#include "common/connector/tar_guard.h"

namespace mkt {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

struct FreeReader {
  void operator()(archive* a) const { archive_read_free(a); }
};

}  // namespace

struct TarballReader::Impl {
  Impl(ByteSource source, const ArchiveLimits& l)
      : limits(l), gzip(std::move(source), l), buffer(kBufferBytes), tar(archive_read_new()) {
    archive_read_support_format_tar(tar.get());
  }

  // Unpacks the next bytes through the guard. `failure` keeps an error; libarchive only sees -1.
  Result<std::size_t> fill() {
    MKT_TRY(const std::size_t n, gzip.read(buffer));
    MKT_CHECK(guard.feed({buffer.data(), n}));
    return n;
  }

  static la_ssize_t on_read(archive*, void* self, const void** data) {
    auto& impl = *static_cast<Impl*>(self);
    auto n = impl.fill();
    if (!n) {
      impl.failure = n.error();
      return -1;
    }
    *data = impl.buffer.data();
    return static_cast<la_ssize_t>(*n);
  }

  Error failed() {
    if (failure) return *failure;
    const char* why = archive_error_string(tar.get());
    return Error(ErrorCode::archive_invalid,
                 fmt::format("the tarball cannot be read: {}",
                             printable(why != nullptr ? why : "unknown format")));
  }

  Status open() {
    if (opened) return {};
    opened = true;
    if (archive_read_open(tar.get(), this, nullptr, &Impl::on_read, nullptr) != ARCHIVE_OK) {
      return failed();
    }
    return {};
  }

  // libarchive stops at the end-of-archive mark; what follows it must be sound, too.
  Status drain() {
    for (;;) {
      MKT_TRY(const std::size_t n, fill());
      if (n == 0) return guard.finish();
    }
  }

  ArchiveLimits limits;
  GzipReader gzip;
  TarGuard guard;
  EntryNames names;
  Bytes buffer;
  std::optional<Error> failure;
  std::unique_ptr<archive, FreeReader> tar;
  bool opened = false;
  std::uint64_t entries = 0;
  std::uint64_t unpacked = 0;
};

TarballReader::TarballReader(ByteSource source, const ArchiveLimits& limits)
    : impl_(std::make_unique<Impl>(std::move(source), limits)) {}
TarballReader::~TarballReader() = default;

Result<std::optional<TarEntry>> TarballReader::next() {
  MKT_CHECK(impl_->open());
  for (;;) {
    archive_entry* raw = nullptr;
    const int result = archive_read_next_header(impl_->tar.get(), &raw);
    if (impl_->failure) return *impl_->failure;
    if (result == ARCHIVE_EOF) {
      MKT_CHECK(impl_->drain());
      return std::optional<TarEntry>();
    }
    if (result != ARCHIVE_OK) return impl_->failed();

    TarEntry entry;
    entry.is_folder = archive_entry_filetype(raw) == AE_IFDIR;
    entry.executable = (archive_entry_perm(raw) & 0100) != 0;
    entry.size = entry.is_folder ? 0 : static_cast<std::uint64_t>(archive_entry_size(raw));
    const char* name = archive_entry_pathname(raw);
    entry.path = name != nullptr ? name : "";

    std::uint64_t guarded = 0;
    if (!impl_->guard.next_size(guarded) || guarded != entry.size ||
        (!entry.is_folder && archive_entry_filetype(raw) != AE_IFREG)) {
      return Error(ErrorCode::archive_unsafe, "a tar header can be read in two ways");
    }
    if (++impl_->entries > impl_->limits.entries) {
      return Error(ErrorCode::archive_too_large,
                   fmt::format("the tarball has more than {} entries", impl_->limits.entries));
    }
    impl_->unpacked += entry.size;
    if (impl_->unpacked > impl_->limits.unpacked_bytes) {
      return Error(
          ErrorCode::archive_too_large,
          fmt::format("the tarball unpacks to more than {} bytes", impl_->limits.unpacked_bytes));
    }
    // `tar -C folder -c .` writes "./name", which is the same name.
    while (entry.path.starts_with("./")) entry.path.erase(0, 2);
    if (entry.is_folder && entry.path.ends_with('/')) entry.path.pop_back();
    if (entry.is_folder && (entry.path.empty() || entry.path == ".")) continue;

    if (Status ok = impl_->names.add(
            entry.path, entry.is_folder ? EntryNames::Kind::folder : EntryNames::Kind::file);
        !ok) {
      return ok.error().context(fmt::format("entry \"{}\"", printable(entry.path.substr(0, 128))));
    }
    // Each entry may want folders that are no entries.
    if (impl_->names.count() > impl_->limits.entries) {
      return Error(
          ErrorCode::archive_too_large,
          fmt::format("the tarball has more than {} files and folders", impl_->limits.entries));
    }
    return std::optional<TarEntry>(std::move(entry));
  }
}

Result<std::size_t> TarballReader::read(std::span<std::uint8_t> into) {
  const la_ssize_t n = archive_read_data(impl_->tar.get(), into.data(), into.size());
  if (n < 0) return impl_->failed();
  return static_cast<std::size_t>(n);
}

namespace {

Error no_manifest() {
  return Error(ErrorCode::manifest_missing,
               fmt::format("the tarball has no {} at its root", kManifestName));
}

Status check_manifest_size(const TarEntry& entry) {
  if (entry.size <= kMaxManifestBytes) return {};
  return Error(ErrorCode::manifest_too_large,
               fmt::format("{} has {} bytes; at most {} are allowed", kManifestName, entry.size,
                           kMaxManifestBytes));
}

// Walks the tarball once and remembers what the manifest must agree with.
class Walk {
 public:
  Walk(ByteSource source, const ArchiveLimits& limits, EntryVisitor* visitor)
      : reader_(std::move(source), limits), visitor_(visitor), buffer_(kBufferBytes) {}

  Result<TarballContents> run() {
    for (;;) {
      MKT_TRY(const std::optional<TarEntry> entry, reader_.next());
      if (!entry) break;
      ++entries_;
      if (entry->is_folder) {
        if (visitor_ != nullptr) MKT_CHECK(visitor_->folder(*entry));
      } else {
        unpacked_ += entry->size;
        MKT_CHECK(file(*entry));
      }
    }
    if (!manifest_) return no_manifest();
    MKT_CHECK(check_entrypoint());
    return TarballContents{std::move(*manifest_), unpacked_, entries_};
  }

 private:
  // Until the manifest is known, any file may be the entrypoint. A tarball by mkt begins with the
  // manifest, so usually only one file is hashed.
  bool wants_checksum(const TarEntry& entry) const {
    return visitor_ != nullptr || !manifest_ || entry.path == manifest_->entrypoint();
  }

  Status file(const TarEntry& entry) {
    const bool is_manifest = entry.path == kManifestName;
    if (is_manifest) MKT_CHECK(check_manifest_size(entry));
    std::string manifest_text;
    std::optional<Hasher> hasher;
    if (wants_checksum(entry)) hasher.emplace();
    if (visitor_ != nullptr) MKT_CHECK(visitor_->begin_file(entry));
    for (;;) {
      MKT_TRY(const std::size_t n, reader_.read(buffer_));
      if (n == 0) break;
      const std::span<const std::uint8_t> bytes(buffer_.data(), n);
      if (is_manifest) manifest_text += as_text(bytes);
      if (hasher) hasher->update(bytes);
      if (visitor_ != nullptr) MKT_CHECK(visitor_->content(bytes));
    }
    if (hasher) {
      const Checksum checksum = hasher->finish();
      if (visitor_ != nullptr) MKT_CHECK(visitor_->end_file(entry, checksum));
      files_.insert_or_assign(entry.path, checksum);
    }
    if (is_manifest) {
      MKT_TRY(manifest_, Manifest::parse_older(manifest_text));
    }
    return {};
  }

  Status check_entrypoint() const {
    if (manifest_->entrypoint().empty()) return {};  // an older manifest, which names none
    const auto it = files_.find(manifest_->entrypoint());
    if (it == files_.end()) {
      return Error(ErrorCode::manifest_invalid,
                   fmt::format("the manifest is not valid: entrypoint: there is no file \"{}\" in "
                               "the tarball",
                               manifest_->entrypoint()),
                   {{"entrypoint", "names a file that is not in the tarball"}});
    }
    if (manifest_->entrypoint_checksum() && *manifest_->entrypoint_checksum() != it->second) {
      return Error(ErrorCode::manifest_invalid,
                   fmt::format("the manifest is not valid: checksum: \"{}\" has {}, the manifest "
                               "says {}",
                               manifest_->entrypoint(), it->second.text(),
                               manifest_->entrypoint_checksum()->text()),
                   {{"checksum", "is not the SHA-256 of the entrypoint"}});
    }
    return {};
  }

  TarballReader reader_;
  EntryVisitor* visitor_;
  Bytes buffer_;
  std::optional<Manifest> manifest_;
  std::map<std::string, Checksum> files_;
  std::uint64_t unpacked_ = 0;
  std::uint64_t entries_ = 0;
};

}  // namespace

Result<TarballContents> walk_tarball(ByteSource source, const ArchiveLimits& limits,
                                     EntryVisitor* visitor) {
  return Walk(std::move(source), limits, visitor).run();
}

Result<Manifest> manifest_of_tarball(ByteSource source) {
  TarballReader reader(std::move(source), ArchiveLimits());
  for (;;) {
    MKT_TRY(const std::optional<TarEntry> entry, reader.next());
    if (!entry) return no_manifest();
    if (entry->path != kManifestName || entry->is_folder) continue;
    MKT_CHECK(check_manifest_size(*entry));
    std::string text(entry->size, '\0');
    for (std::size_t done = 0; done < text.size();) {
      MKT_TRY(const std::size_t n, reader.read({reinterpret_cast<std::uint8_t*>(text.data()) + done,
                                                text.size() - done}));
      if (n == 0) break;
      done += n;
    }
    return Manifest::parse_older(text);
  }
}

}  // namespace mkt
