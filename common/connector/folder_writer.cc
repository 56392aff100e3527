#include "common/connector/folder_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "common/base/utf8.h"

namespace mkt {
namespace {

Error cannot(std::string_view verb, std::string_view path, int errno_value) {
  return system_error(fmt::format("cannot {} {}", verb, printable(path)), errno_value);
}

}  // namespace

Result<FolderWriter> FolderWriter::open(const std::filesystem::path& folder) {
  UniqueFd root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!root) return cannot("open the folder", folder.string(), errno);
  return FolderWriter(std::move(root));
}

Status FolderWriter::folder(const TarEntry& entry) { return enter(entry.path); }

Status FolderWriter::begin_file(const TarEntry& entry) {
  const std::size_t slash = entry.path.rfind('/');
  const bool at_root = slash == std::string::npos;
  MKT_CHECK(enter(at_root ? "" : entry.path.substr(0, slash)));
  const std::string name = at_root ? entry.path : entry.path.substr(slash + 1);
  const unsigned mode = entry.executable ? 0755 : 0644;
  file_.reset(::openat(current(), name.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file_) return cannot("create", entry.path, errno);
  if (::fchmod(file_.get(), mode) != 0) return cannot("set the mode of", entry.path, errno);
  path_ = entry.path;
  return {};
}

Status FolderWriter::content(std::span<const std::uint8_t> bytes) {
  return write_all(file_.get(), bytes, printable(path_));
}

Status FolderWriter::end_file(const TarEntry& entry, const Checksum& checksum) {
  file_.reset();
  files.push_back({entry.path, entry.size, entry.executable, checksum});
  return {};
}

// Opens the folder `path`; makes it and its parents where missing. An archive lists the files of a
// folder one after another, so the last folder stays open.
Status FolderWriter::enter(const std::string& path) {
  if (path == folder_path_) return {};
  UniqueFd at;
  for (std::size_t start = 0; start < path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string component = path.substr(start, end - start);
    const int parent = at ? at.get() : root_.get();
    if (::mkdirat(parent, component.c_str(), 0755) == 0) {
      if (::fchmodat(parent, component.c_str(), 0755, 0) != 0) {
        return cannot("set the mode of", path, errno);
      }
    } else if (errno != EEXIST) {
      return cannot("make the folder", path, errno);
    }
    UniqueFd next(
        ::openat(parent, component.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return cannot("open the folder", path, errno);
    at = std::move(next);
    start = end + 1;
  }
  folder_ = std::move(at);
  folder_path_ = path;
  return {};
}

}  // namespace mkt
