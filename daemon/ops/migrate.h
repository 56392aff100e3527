// `mktd migrate`: moves a marketplace from a data folder to a database and a bucket that several
// daemons share, or back.
//
//   1. Looks whether both sides are what they should be, and the target is empty.
//   2. Copies the tarballs. Daemons may serve meanwhile.
//   3. Takes the source for itself: nobody may serve it from here on. Copies the tarballs that are
//      new, and all rows in one transaction.
//   4. Compares the number and the SHA-256 of each table's rows on both sides, and looks for each
//      tarball. Only then the transaction commits.
//   5. Marks the source as moved: no daemon starts there any more (data_moved), so that there are
//      never two that go on from the same log.
//
// Killed at any moment it can be run again. Between 4 and 5 both sides have the rows; the next run
// finds them equal, and goes on with 5.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "daemon/ops/shared_place.h"
#include "daemon/ops/tarball_copy.h"
#include "daemon/store/moving/move_rows.h"

namespace mkt {

struct MoveReport {
  std::vector<MovedCount> tables;
  TarballCopy tarballs;
  bool resumed = false;  // the rows were there already, from a run that was interrupted
  std::string from;      // for people
  std::string to;
};

// Errors: data_moved where it was moved before, data_locked while a daemon runs, target_exists
// where the target has another marketplace; data_damaged, where something is missing.
Result<MoveReport> move_to_shared(const std::filesystem::path& from, const SharedPlace& to,
                                  const Progress& progress);
Result<MoveReport> move_to_folder(const SharedPlace& from, const std::filesystem::path& to,
                                  const Progress& progress);

}  // namespace mkt
