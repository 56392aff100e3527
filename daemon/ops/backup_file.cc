#include "daemon/ops/backup_file.h"

#include <archive_entry.h>
#include <fmt/format.h>

#include <cerrno>

#include "common/base/encoding.h"
#include "common/base/utf8.h"
#include "daemon/ops/folder_tarballs.h"
#include "daemon/ops/tarball_copy.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr std::string_view kSinceName = "since";
constexpr std::string_view kPreviousWord = "previous ";
constexpr std::string_view kDatabaseWord = "database ";

struct FreeReader {
  void operator()(archive* a) const { ::archive_read_free(a); }
};
struct FreeEntry {
  void operator()(archive_entry* e) const { ::archive_entry_free(e); }
};

std::string reason_of(archive* a) {
  const char* reason = ::archive_error_string(a);
  return reason == nullptr ? "unknown reason" : reason;
}

Error cannot_write(archive* a) {
  const ErrorCode code =
      ::archive_errno(a) == ENOSPC ? ErrorCode::storage_full : ErrorCode::io_error;
  return Error(code, fmt::format("cannot write the backup: {}", reason_of(a)));
}

Error damaged(std::string_view what) {
  return Error(ErrorCode::data_damaged, fmt::format("the backup is damaged: {}", what));
}

// nullopt where a backup has no entry of that name and kind.
std::optional<BackupEntry> describe(archive_entry* entry) {
  const char* const text = ::archive_entry_pathname(entry);
  if (text == nullptr || ::archive_entry_filetype(entry) != AE_IFREG) return std::nullopt;
  using Kind = BackupEntry::Kind;
  const std::string name = text;
  if (name == kSinceName) return BackupEntry{Kind::since, name, std::nullopt, {}};
  if (name == kDatabaseName) return BackupEntry{Kind::database, name, std::nullopt, {}};
  const auto checksum = Checksum::parse(name.substr(name.rfind('/') + 1));
  if (!checksum || name != tarball_name(*checksum)) return std::nullopt;
  return BackupEntry{Kind::tarball, name, *checksum, {}};
}

Result<Checksum> read_entry(archive* in, const BackupEntry& entry, const BackupEntry::Sink& sink) {
  Bytes piece(kPieceBytes);
  Hasher hasher;
  for (;;) {
    const la_ssize_t n = ::archive_read_data(in, piece.data(), piece.size());
    if (n < 0) return damaged(reason_of(in));
    if (n == 0) break;
    hasher.update({piece.data(), static_cast<std::size_t>(n)});
    MKT_CHECK(sink({piece.data(), static_cast<std::size_t>(n)}));
  }
  const Checksum actual = hasher.finish();
  if (entry.checksum && *entry.checksum != actual) {
    return damaged(fmt::format("{} has {}", entry.name, actual.text()));
  }
  return actual;
}

}  // namespace

std::string EarlierBackup::text() const {
  return fmt::format("{}{}\n{}{}\n", kPreviousWord, file, kDatabaseWord, database.hex());
}

Result<EarlierBackup> EarlierBackup::parse(std::string_view text) {
  const Error strange = damaged("it does not say which backup it goes on from");
  const std::size_t end = text.find('\n');
  if (!text.starts_with(kPreviousWord) || end == std::string_view::npos) return strange;
  const std::string_view file = text.substr(kPreviousWord.size(), end - kPreviousWord.size());
  std::string_view rest = text.substr(end + 1);
  if (!rest.starts_with(kDatabaseWord) || !rest.ends_with('\n')) return strange;
  rest.remove_prefix(kDatabaseWord.size());
  rest.remove_suffix(1);
  const auto database = Checksum::parse(rest);
  // A name in the same folder, and no path.
  if (!database || file.empty() || file == "." || file == ".." ||
      file.find_first_of(std::string_view("/\0", 2)) != std::string_view::npos) {
    return strange;
  }
  return EarlierBackup{std::string(file), *database};
}

Result<BackupWriter> BackupWriter::begin(int fd) {
  std::unique_ptr<archive, Free> out(::archive_write_new());
  ::archive_write_set_format_pax_restricted(out.get());
  if (::archive_write_open_fd(out.get(), fd) != ARCHIVE_OK) return cannot_write(out.get());
  return BackupWriter(std::move(out));
}

Status BackupWriter::add_since(const EarlierBackup& earlier) {
  const std::string text = earlier.text();
  MKT_CHECK(add_header(std::string(kSinceName), text.size()));
  return add_bytes(as_bytes(text));
}

Status BackupWriter::add_database(const UniqueFd& fd) {
  const auto added = add_file(fd, std::string(kDatabaseName));
  return added ? Status() : added.error();
}

Status BackupWriter::add_tarball(const UniqueFd& fd, const Checksum& checksum) {
  const std::string name = tarball_name(checksum);
  MKT_TRY(const Checksum actual, add_file(fd, name));
  if (actual == checksum) return {};
  return Error(ErrorCode::data_damaged,
               fmt::format("{} has {}; mend it first, see: mktd check", name, actual.text()));
}

Status BackupWriter::finish() {
  if (::archive_write_close(out_.get()) != ARCHIVE_OK) return cannot_write(out_.get());
  return {};
}

Status BackupWriter::add_header(const std::string& name, std::uint64_t size) {
  const std::unique_ptr<archive_entry, FreeEntry> entry(::archive_entry_new());
  ::archive_entry_set_pathname(entry.get(), name.c_str());
  ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  ::archive_entry_set_perm(entry.get(), 0600);
  if (::archive_write_header(out_.get(), entry.get()) != ARCHIVE_OK) {
    return cannot_write(out_.get());
  }
  return {};
}

Status BackupWriter::add_bytes(std::span<const std::uint8_t> bytes) {
  const la_ssize_t written = ::archive_write_data(out_.get(), bytes.data(), bytes.size());
  if (written != static_cast<la_ssize_t>(bytes.size())) return cannot_write(out_.get());
  return {};
}

Result<Checksum> BackupWriter::add_file(const UniqueFd& fd, const std::string& name) {
  MKT_TRY(const std::uint64_t size, file_size(fd.get(), name));
  MKT_CHECK(add_header(name, size));
  Bytes piece(kPieceBytes);
  Hasher hasher;
  for (std::uint64_t at = 0; at < size;) {
    MKT_TRY(const std::size_t n, read_at(fd.get(), piece, at, name));
    if (n == 0) return Error(ErrorCode::io_error, fmt::format("{} became shorter", name));
    hasher.update({piece.data(), n});
    MKT_CHECK(add_bytes({piece.data(), n}));
    at += n;
  }
  return hasher.finish();
}

Status each_entry(const fs::path& file, const std::function<Status(const BackupEntry&)>& take) {
  MKT_TRY(const UniqueFd fd, open_for_reading(file));
  const std::unique_ptr<archive, FreeReader> in(::archive_read_new());
  ::archive_read_support_format_tar(in.get());
  if (::archive_read_open_fd(in.get(), fd.get(), kPieceBytes) != ARCHIVE_OK) {
    return Error(ErrorCode::data_damaged,
                 fmt::format("{} is not a backup of mktd: {}", printable(file.string()),
                             reason_of(in.get())));
  }
  for (archive_entry* raw = nullptr;;) {
    const int read = ::archive_read_next_header(in.get(), &raw);
    if (read == ARCHIVE_EOF) return {};
    if (read != ARCHIVE_OK) return damaged(reason_of(in.get()));
    auto entry = describe(raw);
    if (!entry) {
      const char* const name = ::archive_entry_pathname(raw);
      return Error(ErrorCode::data_damaged,
                   fmt::format("this is not a backup of mktd: it contains {}",
                               printable(name == nullptr ? "a nameless file" : name)));
    }
    entry->read = [&](const BackupEntry::Sink& sink) { return read_entry(in.get(), *entry, sink); };
    MKT_CHECK(take(*entry));
  }
}

}  // namespace mkt
