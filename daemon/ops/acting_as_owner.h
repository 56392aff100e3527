// ActingAsOwner: root makes files as the user whom they are for.
//
// Whoever owns a folder decides where a link in it leads. So what root writes there must go no
// further than that user may write.
#pragma once

#include <filesystem>

#include "common/base/result.h"

namespace mkt {

// As long as it lives, a process of root has the rights of the user and the group that own the
// folder, and what it makes is theirs. It changes nothing for other users, for a folder of root's
// and for one that is not there. Of the whole process: no other thread may need root's rights.
class ActingAsOwner {
 public:
  static Result<ActingAsOwner> of(const std::filesystem::path& folder);
  ActingAsOwner(ActingAsOwner&& other) noexcept;
  ActingAsOwner& operator=(ActingAsOwner&&) = delete;
  ActingAsOwner(const ActingAsOwner&) = delete;
  ActingAsOwner& operator=(const ActingAsOwner&) = delete;
  ~ActingAsOwner();

 private:
  explicit ActingAsOwner(bool active) : active_(active) {}
  bool active_;
};

}  // namespace mkt
