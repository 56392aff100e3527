#include "daemon/ops/migrate.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "common/base/utc_time.h"
#include "common/base/utf8.h"
#include "daemon/blobs/file_blobs.h"
#include "daemon/blobs/s3_probe.h"
#include "daemon/store/data_folder.h"
#include "daemon/store/postgres/postgres_rows_end.h"
#include "daemon/store/sqlite/sqlite_rows_end.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

std::string shown(const SharedPlace& place) {
  return fmt::format("{} with {}", place.database.shown_url(), place.url.shown());
}

std::string shown(const fs::path& folder) {
  std::error_code error;
  const fs::path whole = fs::absolute(folder, error);
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return fmt::format("the data folder {} on {}", (error ? folder : whole).string(), host.data());
}

// What MOVED holds, line by line.
std::string moved_text(const SharedPlace& to) {
  return fmt::format("{}\n{}\n{}\n", to.database.shown_url(), to.url.shown(),
                     format_utc(utc_now()));
}

Error has_another(const std::string& place, const std::string& table) {
  return Error(ErrorCode::target_exists,
               fmt::format("{} has a marketplace already, whose rows of {} are others; a "
                           "marketplace moves to an empty place",
                           printable(place), table));
}

Error are_missing(const std::vector<std::string>& missing) {
  return Error(ErrorCode::data_damaged,
               missing.size() == 1
                   ? missing.front()
                   : fmt::format("{}, and {} more", missing.front(), missing.size() - 1));
}

// True where the target has the source's rows already, from a run that was interrupted after its
// commit; target_exists where it has others.
Result<bool> has_the_same(RowsEnd& source, const std::vector<MovedCount>& in_target,
                          const std::string& place) {
  if (!have_rows(in_target)) return false;
  MKT_TRY(const auto in_source, digest_rows(source));
  const std::string table = first_difference(in_source, in_target);
  if (table.empty()) return true;
  return has_another(place, table);
}

struct TarballMove {
  const OpenTarball& open;
  BlobStore& into;
  const Progress& progress;

  // With those of an earlier call of the same run counted.
  Status copy(const std::vector<BlobReference>& wanted, TarballCopy& counts) const {
    MKT_TRY(const TarballCopy now, copy_tarballs(wanted, open, into, progress));
    counts.copied += now.copied;
    counts.bytes += now.bytes;
    counts.there = wanted.size() - counts.copied;
    return {};
  }
  Status require_all(const std::vector<BlobReference>& wanted) const {
    progress(fmt::format("looking for {} tarballs", wanted.size()));
    MKT_TRY(const auto sizes, sizes_in(into));
    const auto missing = missing_tarballs(wanted, sizes);
    if (missing.empty()) return {};
    return are_missing(missing);
  }
};

// Moves the rows, unless they are there, and looks for everything; the caller commits.
Status move_and_compare(RowsEnd& source, RowsEnd& target, const TarballMove& tarballs,
                        MoveReport& report) {
  MKT_TRY(const auto wanted, referenced_blobs(source));
  MKT_CHECK(tarballs.copy(wanted, report.tarballs));
  MKT_TRY(report.tables, digest_rows(target));
  MKT_TRY(report.resumed, has_the_same(source, report.tables, report.to));
  if (!report.resumed) {
    MKT_TRY(report.tables, move_rows(source, target, tarballs.progress));
  }
  return tarballs.require_all(wanted);
}

// Before anything is copied: whether the rows may go there.
Status look_at_database(const SharedPlace& to, const fs::path& folder) {
  MKT_CHECK(PostgresRowsEnd::prepare(to.database));
  MKT_TRY(const auto target, PostgresRowsEnd::arrive(to.database));
  MKT_TRY(const auto there, digest_rows(*target));
  MKT_TRY(const auto source, SqliteRowsEnd::read(folder / "mktd.db"));
  MKT_CHECK(has_the_same(*source, there, shown(to)));
  return {};
}

// The same of a folder, which need not be there.
Status look_at_folder(const fs::path& to, RowsEnd& source) {
  std::error_code error;
  const fs::path database = to / "mktd.db";
  const auto bytes = fs::file_size(database, error);
  if (error || bytes == 0) return {};  // an opened folder has an empty one
  MKT_TRY(const auto target, SqliteRowsEnd::read(database));
  MKT_TRY(const auto there, digest_rows(*target));
  MKT_CHECK(has_the_same(source, there, to.string()));
  return {};
}

// Both sides could be started now, and each would go on from the same log.
Error half_moved(const Error& error) {
  return error.context(
      "all is at the target, but the source could not be marked as moved; start no daemon on "
      "either side, and run this again");
}

// Where a bucket belongs to another marketplace, each would remove the other's tarballs as garbage.
Status check_bucket(const BlobStore& bucket, const std::vector<BlobReference>& known,
                    const fs::path& from) {
  MKT_TRY(auto sizes, sizes_in(bucket));
  for (const BlobReference& blob : known) sizes.erase(blob.checksum.hex());
  std::error_code error;
  std::erase_if(sizes, [&](const auto& blob) {
    return fs::exists(from / "blobs" / blob.first.substr(0, 2) / blob.first, error);
  });
  if (sizes.empty()) return {};
  return Error(ErrorCode::target_exists,
               fmt::format("the bucket has {} tarballs that this marketplace does not know, and "
                           "may be another one's; give each marketplace a prefix of its own: "
                           "s3://BUCKET/PREFIX",
                           sizes.size()));
}

}  // namespace

Result<MoveReport> move_to_shared(const fs::path& from, const SharedPlace& to,
                                  const Progress& progress) {
  MoveReport report;
  report.from = from.string();
  report.to = shown(to);
  const fs::path database = from / "mktd.db";

  progress("looking at both sides");
  MKT_CHECK(DataFolder::check_not_moved(from));
  MKT_CHECK(SqliteRowsEnd::read(database));
  MKT_CHECK(look_at_database(to, from));
  MKT_CHECK(probe_s3(to.url, to.credentials));
  MKT_TRY(const OpenBucket bucket, to.open_bucket());

  const OpenTarball open = tarballs_in_folder(from);
  const TarballMove tarballs{open, *bucket.blobs, progress};
  MKT_TRY(const auto known, referenced_blobs(database));
  MKT_CHECK(check_bucket(*bucket.blobs, known, from));
  MKT_CHECK(tarballs.copy(known, report.tarballs));

  auto folder = DataFolder::open(from);
  if (!folder && folder.error().code == ErrorCode::data_locked) {
    return Error(ErrorCode::data_locked,
                 fmt::format("the tarballs are copied; for the rest, stop mktd and run this again "
                             "({})",
                             folder.error().message));
  }
  if (!folder) return folder.error();
  MKT_TRY(const auto source, SqliteRowsEnd::read(database));
  MKT_TRY(const auto target, PostgresRowsEnd::arrive(to.database));
  MKT_CHECK(move_and_compare(*source, *target, tarballs, report));
  // While nothing is lost if there is no room for it.
  MKT_CHECK(folder->write_mark(moved_text(to)));
  if (!report.resumed) MKT_CHECK(target->commit());
  if (const Status marked = folder->mark_moved(); !marked) return half_moved(marked.error());
  progress("the rows are there; the database learns how large its tables are");
  target->analyze();
  return report;
}

Result<MoveReport> move_to_folder(const SharedPlace& from, const fs::path& to,
                                  const Progress& progress) {
  MoveReport report;
  report.from = shown(from);
  report.to = to.string();

  progress("looking at both sides");
  MKT_CHECK(DataFolder::check_not_moved(to));
  MKT_TRY(const OpenBucket bucket, from.open_bucket());
  std::vector<BlobReference> known;
  {
    MKT_TRY(const auto snapshot, PostgresRowsEnd::read(from.database));
    MKT_CHECK(look_at_folder(to, *snapshot));
    MKT_TRY(known, referenced_blobs(*snapshot));
  }
  MKT_TRY(const DataFolder folder, DataFolder::open(to));
  // No row names a tarball there before all of them are there: what a killed move left is copied
  // anew.
  MKT_TRY(const auto blobs, FileBlobs::open(folder.blobs(), [](const Checksum&) { return false; }));
  const OpenTarball open = tarballs_in_store(*bucket.blobs);
  const TarballMove tarballs{open, *blobs, progress};
  MKT_CHECK(tarballs.copy(known, report.tarballs));

  MKT_TRY(const auto source, PostgresRowsEnd::leave(from.database));
  MKT_TRY(const auto target, SqliteRowsEnd::write(folder.database()));
  MKT_CHECK(move_and_compare(*source, *target, tarballs, report));
  if (!report.resumed) MKT_CHECK(target->commit());
  MKT_CHECK(sync_folder(folder.path()));
  MKT_CHECK(sync_folder(folder_of(to)));
  if (const Status marked = source->commit_moved(shown(to)); !marked) {
    return half_moved(marked.error());
  }
  return report;
}

}  // namespace mkt
