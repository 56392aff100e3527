#include "daemon/ops/shared_operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "daemon/ops/tarball_copy.h"
#include "daemon/store/moving/move_rows.h"
#include "daemon/store/postgres/postgres_rows_end.h"
#include "daemon/store/postgres/postgres_store.h"
#include "daemon/store/sqlite/database_file.h"
#include "daemon/store/sqlite/sqlite_rows_end.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSnapshotPrefix = ".mktd-snapshot-";

Status copy_snapshot(const SharedPlace& place, const fs::path& file, const Progress& progress) {
  MKT_TRY(const auto source, PostgresRowsEnd::read(place.database));
  MKT_TRY(const auto copy, SqliteRowsEnd::write_copy(file));
  MKT_CHECK(move_rows(*source, *copy, progress));
  return copy->commit();
}

// Fetches each tarball, which hashes it, and adds what is wrong to `damage`, in the order of
// `blobs`.
Status hash_tarballs(const std::vector<BlobReference>& blobs, const BlobStore& store,
                     std::vector<std::string>& damage) {
  std::vector<std::string> wrong(blobs.size());
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::optional<Error> failure;  // guarded by mutex
  const auto work = [&] {
    for (std::size_t i = next++; i < blobs.size(); i = next++) {
      const auto opened = store.open_blob(blobs[i].checksum, blobs[i].size);
      if (opened) continue;
      if (opened.error().code == ErrorCode::data_damaged) {
        wrong[i] = fmt::format("the tarball of {} is damaged: its bytes have not {}", blobs[i].name,
                               blobs[i].checksum.text());
        continue;
      }
      const std::lock_guard lock(mutex);
      failure = opened.error().context("the tarball of " + blobs[i].name);
      next = blobs.size();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < kCopiedAtOnce; ++i) threads.emplace_back(work);
  }
  if (failure) return *failure;
  for (std::string& line : wrong) {
    if (!line.empty()) damage.push_back(std::move(line));
  }
  return {};
}

}  // namespace

Result<CheckReport> check_shared(const SharedPlace& place, const Progress& progress) {
  MKT_TRY(const OpenBucket bucket, place.open_bucket());
  const fs::path database = bucket.folder.path() / "mktd.db";
  MKT_CHECK(copy_snapshot(place, database, progress));
  CheckReport report;
  MKT_TRY(report.damage, check_database(database));
  MKT_TRY(const auto blobs, referenced_blobs(database));
  MKT_TRY(auto sizes, sizes_in(*bucket.blobs));
  progress(fmt::format("reading {} tarballs", blobs.size()));
  std::vector<BlobReference> there;
  for (const BlobReference& blob : blobs) {
    ++report.blobs;
    report.bytes += blob.size;
    auto missing = missing_tarballs({blob}, sizes);
    if (missing.empty()) there.push_back(blob);
    for (std::string& line : missing) report.damage.push_back(std::move(line));
  }
  MKT_CHECK(hash_tarballs(there, *bucket.blobs, report.damage));
  for (const BlobReference& blob : blobs) sizes.erase(blob.checksum.hex());
  report.unreferenced = sizes.size();
  return report;
}

Result<GarbageReport> collect_shared_garbage(const SharedPlace& place,
                                             const std::string& database_url,
                                             const GarbageWish& wish) {
  MKT_TRY(const OpenBucket bucket, place.open_bucket());
  MKT_TRY(const auto store, PostgresStore::open(database_url));
  // By the database's clock: this machine's may be wrong.
  MKT_TRY(const ClusterState cluster, store->cluster());
  const auto offset = cluster.now - utc_now();
  const Marketplace market{.store = *store,
                           .blobs = *bucket.blobs,
                           .rules = {},
                           .now = [offset] { return utc_now() + offset; },
                           .mirrored = true};
  return collect_garbage_once(market, wish);
}

Result<BackupReport> back_up_shared(const SharedPlace& place, const fs::path& file,
                                    const std::vector<BackupLink>& chain,
                                    const Progress& progress) {
  MKT_TRY(const OpenBucket bucket, place.open_bucket());
  const fs::path parent = folder_of(file);
  TemporaryFolder::remove_abandoned(parent, kSnapshotPrefix);
  MKT_TRY(const TemporaryFolder folder, TemporaryFolder::create(parent, kSnapshotPrefix));
  const fs::path database = folder.path() / "mktd.db";
  MKT_CHECK(copy_snapshot(place, database, progress));
  progress("writing the tarballs");
  return write_backup(database, tarballs_in_store(*bucket.blobs), file, chain);
}

}  // namespace mkt
