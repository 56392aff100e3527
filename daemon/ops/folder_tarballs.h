// The tarballs of a data folder as they lie there, for operations that look at the folder beside
// the daemon, or without one (store/data_folder.h has the layout).
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "daemon/blobs/blob_store.h"

namespace mkt {

inline constexpr std::string_view kDatabaseName = "mktd.db";

// Calls `take` for every tarball below blobs/ whose name is its checksum, until it fails. One that
// goes meanwhile may be missed.
Status each_tarball(
    const std::filesystem::path& data,
    const std::function<Status(const std::filesystem::path&, const Checksum&)>& take);

// The hexadecimal digits of the tarballs that uploads are placing now, or that a crash left so
// (blobs/file_blobs.h).
Result<std::set<std::string>> unfinished_uploads(const std::filesystem::path& data);

}  // namespace mkt
