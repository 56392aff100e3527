#include "daemon/ops/acting_as_owner.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "common/base/files.h"

namespace mkt {

Result<ActingAsOwner> ActingAsOwner::of(const std::filesystem::path& folder) {
  struct stat info {};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &info) != 0 || info.st_uid == 0) {
    return ActingAsOwner(false);
  }
  if (::setegid(info.st_gid) != 0 || ::seteuid(info.st_uid) != 0) {
    const int reason = errno;
    if (::setegid(0) != 0) std::abort();  // as below
    return system_error(fmt::format("cannot act as the owner of {}", folder.string()), reason);
  }
  return ActingAsOwner(true);
}

ActingAsOwner::ActingAsOwner(ActingAsOwner&& other) noexcept
    : active_(std::exchange(other.active_, false)) {}

ActingAsOwner::~ActingAsOwner() {
  // Both only take back what `of` changed, which the saved ids allow.
  if (active_ && (::seteuid(0) != 0 || ::setegid(0) != 0)) std::abort();
}

}  // namespace mkt
