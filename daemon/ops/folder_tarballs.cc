#include "daemon/ops/folder_tarballs.h"

#include <fmt/format.h>

#include "common/base/files.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIncoming = "incoming";

Error cannot_list(const fs::path& folder, const std::error_code& error) {
  return system_error(fmt::format("cannot list {}", folder.string()), error.value());
}

}  // namespace

Status each_tarball(const fs::path& data,
                    const std::function<Status(const fs::path&, const Checksum&)>& take) {
  std::error_code error;
  for (fs::recursive_directory_iterator it(data / "blobs", error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().filename() == kIncoming) it.disable_recursion_pending();
    const std::string name = it->path().filename().string();
    const auto checksum = Checksum::parse(name);
    std::error_code gone;
    if (!checksum || !it->is_regular_file(gone) || checksum->hex() != name) continue;
    MKT_CHECK(take(it->path(), *checksum));
  }
  if (error) return cannot_list(data / "blobs", error);
  return {};
}

Result<std::set<std::string>> unfinished_uploads(const fs::path& data) {
  const fs::path folder = data / "blobs" / kIncoming;
  std::set<std::string> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (auto checksum = Checksum::parse(name.substr(0, name.find('.')))) {
      found.insert(checksum->hex());
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) return cannot_list(folder, error);
  return found;
}

}  // namespace mkt
