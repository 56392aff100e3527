#include "daemon/ops/data_check.h"

#include <fmt/format.h>

#include <chrono>
#include <set>
#include <thread>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "daemon/ops/folder_tarballs.h"
#include "daemon/ops/tarball_copy.h"
#include "daemon/store/sqlite/database_file.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCheckPieceBytes = 256 * 1024;

// Reads no faster than asked. The first piece comes at once.
class PacedReading {
 public:
  explicit PacedReading(std::optional<std::uint64_t> bytes_per_second)
      : bytes_per_second_(bytes_per_second) {}

  Result<Checksum> hash(const UniqueFd& fd, std::string_view name) {
    Hasher hasher;
    for (std::uint64_t at = 0;;) {
      wait();
      MKT_TRY(const std::size_t n, read_at(fd.get(), piece_, at, name));
      if (n == 0) return hasher.finish();
      hasher.update({piece_.data(), n});
      at += n;
      read_ += n;
    }
  }

 private:
  void wait() const {
    if (!bytes_per_second_) return;
    const std::chrono::duration<double> due(static_cast<double>(read_) /
                                            static_cast<double>(*bytes_per_second_));
    std::this_thread::sleep_until(start_ +
                                  std::chrono::duration_cast<std::chrono::nanoseconds>(due));
  }

  const std::optional<std::uint64_t> bytes_per_second_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::uint64_t read_ = 0;  // bytes, since the start
  Bytes piece_ = Bytes(kCheckPieceBytes);
};

// What is wrong with the tarball that a version needs; empty where nothing is wrong.
Result<std::string> check_blob(const fs::path& data, const BlobReference& blob,
                               PacedReading& reading) {
  const auto fd = open_for_reading(data / tarball_name(blob.checksum));
  if (!fd && fd.error().code == ErrorCode::not_found) {
    return fmt::format("the tarball of {} is missing ({})", blob.name, blob.checksum.text());
  }
  if (!fd) return fd.error();
  MKT_TRY(const Checksum actual, reading.hash(*fd, blob.name));
  if (actual == blob.checksum) return std::string();
  return fmt::format("the tarball of {} is damaged: it has {}, not {}", blob.name, actual.text(),
                     blob.checksum.text());
}

// How many tarballs are there that nothing refers to. The order matters: a tarball that is here
// while no upload of it is going on has its row already, or will not have one.
Result<std::uint64_t> count_unreferenced(const fs::path& data, const std::set<std::string>& known) {
  std::set<std::string> unknown;
  MKT_CHECK(each_tarball(data, [&](const fs::path&, const Checksum& checksum) -> Status {
    if (!known.contains(checksum.hex())) unknown.insert(checksum.hex());
    return {};
  }));
  if (unknown.empty()) return 0;
  MKT_TRY(const auto uploads, unfinished_uploads(data));
  MKT_TRY(const auto now, referenced_blobs(data / kDatabaseName));
  for (const std::string& hex : uploads) unknown.erase(hex);
  for (const BlobReference& blob : now) unknown.erase(blob.checksum.hex());
  return unknown.size();
}

}  // namespace

Result<CheckReport> check_data(const fs::path& data,
                               std::optional<std::uint64_t> bytes_per_second) {
  MKT_TRY(DatabaseLook look, look_into_database(data / kDatabaseName));
  CheckReport report;
  report.damage = std::move(look.damage);
  std::set<std::string> known;
  PacedReading reading(bytes_per_second);
  for (const BlobReference& blob : look.blobs) {
    known.insert(blob.checksum.hex());
    ++report.blobs;
    report.bytes += blob.size;
    MKT_TRY(std::string wrong, check_blob(data, blob, reading));
    if (wrong.empty()) continue;
    MKT_TRY(const bool needed, is_referenced(data / kDatabaseName, blob.checksum));
    if (needed) {
      report.damage.push_back(std::move(wrong));
    } else {
      ++report.removed;
    }
  }
  MKT_TRY(report.unreferenced, count_unreferenced(data, known));
  return report;
}

}  // namespace mkt
