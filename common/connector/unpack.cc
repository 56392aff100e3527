// Writes a tarball's files below one folder.
#include "common/connector/unpack.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "common/base/files.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

Error cannot(std::string_view verb, std::string_view path, int errno_value) {
  return system_error(fmt::format("cannot {} {}", verb, printable(path)), errno_value);
}

class FolderWriter : public EntryVisitor {
 public:
  explicit FolderWriter(UniqueFd root) : root_(std::move(root)) {}

  Status folder(const TarEntry& entry) override {
    MKT_CHECK(enter(entry.path));
    return {};
  }

  Status begin_file(const TarEntry& entry) override {
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

  Status content(std::span<const std::uint8_t> bytes) override {
    return write_all(file_.get(), bytes, printable(path_));
  }

  Status end_file(const TarEntry& entry, const Checksum& checksum) override {
    file_.reset();
    files.push_back({entry.path, entry.size, entry.executable, checksum});
    return {};
  }

  std::vector<UnpackedFile> files;

 private:
  int current() const { return folder_ ? folder_.get() : root_.get(); }

  // Opens the folder `path`; makes it and its parents where missing. A tarball lists the files of a
  // folder one after another, so the last folder stays open.
  Status enter(const std::string& path) {
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

  UniqueFd root_;
  UniqueFd folder_;  // the open folder_path_; none for the root
  std::string folder_path_;
  UniqueFd file_;
  std::string path_;
};

}  // namespace

Result<Unpacked> unpack_tarball(ByteSource source, const ArchiveLimits& limits,
                                const std::filesystem::path& folder) {
  UniqueFd root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!root) return cannot("open the folder", folder.string(), errno);
  FolderWriter writer(std::move(root));
  MKT_TRY(TarballContents contents, walk_tarball(std::move(source), limits, &writer));
  return Unpacked{std::move(contents), std::move(writer.files)};
}

}  // namespace mkt
