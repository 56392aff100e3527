// `mktd check`, `mktd backup` and `mktd gc` of a marketplace that several daemons share.
//
// The first two look at one snapshot of the records, which they copy into a database file as a data
// folder has one: so a folder and a shared marketplace are checked alike, and their backups are of
// one format. Daemons serve meanwhile.
#pragma once

#include <filesystem>

#include "daemon/ops/backup.h"
#include "daemon/ops/shared_place.h"
#include "daemon/service/garbage.h"

namespace mkt {

// The snapshot is a temporary file; what is on its way from the bucket as well.
Result<CheckReport> check_shared(const SharedPlace& place, const Progress& progress);

// As back_up. The snapshot is a temporary file beside the backup.
Result<BackupReport> back_up_shared(const SharedPlace& place, const std::filesystem::path& file,
                                    const std::vector<BackupLink>& chain, const Progress& progress);

// Removes what is garbage (service/garbage.h), also while daemons run. overloaded where a daemon is
// doing it and goes on for long.
Result<GarbageReport> collect_shared_garbage(const SharedPlace& place,
                                             const std::string& database_url,
                                             const GarbageWish& wish);

}  // namespace mkt
