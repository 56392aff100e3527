// The file of a backup: a tar archive, written from its start to its end and read entry by entry.
// mktd-data(5) describes it.
//
//   since           of an incremental backup: which backup it goes on from
//   mktd.db         a snapshot of the database
//   blobs/ab/<hex>  tarballs that the snapshot refers to
//
// An incremental backup has the whole database, and of the tarballs only those that the backups
// before it lack. It names the one it goes on from by its file and by the SHA-256 of its database.
// As that tells which tarballs it refers to, no other backup can take its place.
#pragma once

#include <archive.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "common/base/files.h"
#include "common/base/result.h"
#include "daemon/blobs/blob_store.h"

namespace mkt {

// The backup that an incremental one goes on from.
struct EarlierBackup {
  std::string file;   // its name, in the same folder
  Checksum database;  // of its mktd.db

  std::string text() const;
  // data_damaged
  static Result<EarlierBackup> parse(std::string_view text);
};

// Writes into an open, empty file. One thread.
class BackupWriter {
 public:
  static Result<BackupWriter> begin(int fd);

  Status add_since(const EarlierBackup& earlier);
  Status add_database(const UniqueFd& fd);
  // data_damaged where the bytes are others than its checksum says: a backup of them could not be
  // restored.
  Status add_tarball(const UniqueFd& fd, const Checksum& checksum);
  Status finish();

 private:
  struct Free {
    void operator()(archive* a) const { ::archive_write_free(a); }
  };
  explicit BackupWriter(std::unique_ptr<archive, Free> out) : out_(std::move(out)) {}
  Status add_header(const std::string& name, std::uint64_t size);
  Status add_bytes(std::span<const std::uint8_t> bytes);
  Result<Checksum> add_file(const UniqueFd& fd, const std::string& name);

  std::unique_ptr<archive, Free> out_;
};

// One entry of a backup. A backup has no other kinds of entries, so nothing in a stranger's archive
// can lead elsewhere.
struct BackupEntry {
  enum class Kind { since, database, tarball };

  Kind kind;
  std::string name;
  std::optional<Checksum> checksum;  // of a tarball, by its name

  // Gives the bytes to `sink`, in order. data_damaged where a tarball is not what its name says.
  // Returns their SHA-256. At most once; bytes that nobody reads are skipped.
  using Sink = std::function<Status(std::span<const std::uint8_t>)>;
  std::function<Result<Checksum>(const Sink&)> read;
};

// Calls `take` for every entry, in the file's order, until it fails. data_damaged for what is not a
// backup of mktd.
Status each_entry(const std::filesystem::path& file,
                  const std::function<Status(const BackupEntry&)>& take);

}  // namespace mkt
