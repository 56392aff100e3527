#include "daemon/ops/folder_gc.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <set>

#include "common/base/files.h"
#include "common/base/utf8.h"
#include "daemon/ops/folder_tarballs.h"
#include "daemon/store/data_folder.h"
#include "daemon/store/sqlite/database_file.h"

namespace mkt {

namespace fs = std::filesystem;

Result<GarbageReport> collect_garbage(const fs::path& data, const GarbageWish& wish) {
  if (!fs::exists(data / kDatabaseName)) {
    return Error(ErrorCode::not_found,
                 fmt::format("there is no database in {}", printable(data.string())));
  }
  // An upload is first a file and then a row, so nobody else may be uploading.
  MKT_TRY(const DataFolder lock, DataFolder::open(data));
  MKT_TRY(const auto blobs, referenced_blobs(lock.database()));
  std::set<std::string> known;
  for (const BlobReference& blob : blobs) known.insert(blob.checksum.hex());
  const UtcTime placed_before = utc_now() - wish.age;
  GarbageReport report;
  MKT_CHECK(each_tarball(data, [&](const fs::path& path, const Checksum& checksum) -> Status {
    struct stat info {};
    if (known.contains(checksum.hex()) || ::stat(path.c_str(), &info) != 0) return {};
    if (std::chrono::system_clock::from_time_t(info.st_mtim.tv_sec) > placed_before) {
      ++report.young;
      return {};
    }
    if (wish.act == GarbageAct::remove && ::unlink(path.c_str()) != 0) {
      return system_error(fmt::format("cannot remove {}", path.string()), errno);
    }
    ++report.blobs;
    report.bytes += static_cast<std::uint64_t>(info.st_size);
    if (report.named.size() < kMostGarbageNamed) report.named.push_back(checksum);
    return {};
  }));
  return report;
}

}  // namespace mkt
