// RestorePlace: where a restored data folder comes, and where it is made until it is complete.
//
// A folder that is not there yet appears at once, whole. One that is there may be a mount point, or
// another user's, or the only one in its parent that this user may write: it stays, and is filled,
// the database last. Root gives its owner what comes into it.
//
// Whoever owns that folder can rename what root makes in it, and put a link in its place. So all of
// it is written through a descriptor of the unfinished folder, which nobody else can enter.
#pragma once

#include <filesystem>

#include "common/base/files.h"
#include "common/base/result.h"

namespace mkt {

class RestorePlace {
 public:
  // target_exists where something is there already; lost+found does not count.
  static Result<RestorePlace> open(const std::filesystem::path& wanted);

  // Where the caller makes the folder, on the same file system. It goes with the object.
  std::filesystem::path unfinished() const;

  // Puts it into its place, and makes that durable. An interruption in a folder that was there may
  // leave the tarballs without a database.
  Status take() const;

 private:
  RestorePlace(std::filesystem::path data, bool is_there, TemporaryFolder staging, UniqueFd inside)
      : data_(std::move(data)),
        is_there_(is_there),
        staging_(std::move(staging)),
        inside_(std::move(inside)) {}
  Status fill() const;
  Status give_to_owner() const;

  std::filesystem::path data_;
  bool is_there_;
  TemporaryFolder staging_;
  UniqueFd inside_;  // of `staging_`
};

}  // namespace mkt
