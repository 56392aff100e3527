#include "cli/client/project_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include "cli/client/is_there.h"
#include "cli/client/lock_file.h"
#include "common/base/user_folders.h"
#include "common/connector/manifest.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

// A link must be one of theirs as well as what it leads to.
bool is_trusted_file(const fs::path& path) {
  const auto trusted = [](const struct stat& info) {
    return info.st_uid == ::geteuid() || info.st_uid == 0;
  };
  struct stat link {
  }, file{};
  return ::lstat(path.c_str(), &link) == 0 && ::stat(path.c_str(), &file) == 0 &&
         S_ISREG(file.st_mode) && trusted(link) && trusted(file);
}

std::optional<fs::path> parent_with(std::string_view file) {
  std::error_code error;
  const fs::path here = fs::current_path(error);
  if (error) return std::nullopt;
  const fs::path home = home_folder();
  const fs::path real_home = home.empty() ? home : fs::weakly_canonical(home, error);
  return mkt::parent_with(file, here, real_home);
}

}  // namespace

std::optional<fs::path> parent_with(std::string_view file, const fs::path& from,
                                    const fs::path& home) {
  struct stat start {};
  if (::stat(from.c_str(), &start) != 0) return std::nullopt;
  fs::path seen = "..";
  for (fs::path folder = from; folder != home && folder.has_relative_path(); seen /= "..") {
    folder = folder.parent_path();
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0 || info.st_dev != start.st_dev) return std::nullopt;
    if (is_trusted_file(folder / file)) return seen;
  }
  return std::nullopt;
}

fs::path connector_folder() {
  if (is_there(kManifestName)) return ".";
  return parent_with(kManifestName).value_or(".");
}

fs::path connectors_root() {
  const fs::path here(kRootName);
  if (is_there(kLockName) || is_there(here)) return here;
  const auto parent = parent_with(kLockName);
  return parent ? *parent / kRootName : here;
}

}  // namespace mkt
