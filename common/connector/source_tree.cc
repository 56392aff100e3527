// Walking a connector's folder; see source_tree.h.
#include "common/connector/source_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/entry_path.h"
#include "common/connector/ignore_rules.h"
#include "common/connector/manifest.h"

namespace mkt {
namespace {

constexpr std::string_view kIgnoreName = ".mktignore";
constexpr std::uint64_t kMaxIgnoreBytes = 1024 * 1024;
constexpr std::size_t kMaxFindings = 50;

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

// The rules of one folder's .mktignore; `base` is the length of that folder's path and '/'.
struct FolderRules {
  IgnoreRules rules;
  std::size_t base;
};

class TreeWalk {
 public:
  TreeWalk(int root_fd, const ConnectorId& id, const ArchiveLimits& limits)
      : root_fd_(root_fd), id_(id), limits_(limits) {}

  Result<std::vector<SourceEntry>> run() {
    MKT_TRY(UniqueFd root, reopen(root_fd_, ".", "."));
    MKT_CHECK(folder(std::move(root), "", 0));
    std::sort(entries_.begin(), entries_.end(), [](const SourceEntry& a, const SourceEntry& b) {
      const bool a_first = a.path == kManifestName;
      const bool b_first = b.path == kManifestName;
      return a_first != b_first ? a_first : a.path < b.path;
    });
    EntryNames names;
    for (const SourceEntry& e : entries_) {
      const auto kind = e.is_folder ? EntryNames::Kind::folder : EntryNames::Kind::file;
      if (Status ok = names.add(e.path, kind); !ok) found(e.path, ok.error().message);
    }
    if (!findings_.empty()) return refused();
    return std::move(entries_);
  }

 private:
  void found(std::string_view path, std::string message) {
    if (findings_.size() < kMaxFindings) {
      findings_.push_back({printable(path), std::move(message)});
    }
  }

  Error refused() {
    const ErrorDetail& first = findings_.front();
    std::string message = fmt::format(
        "the folder has entries that could not be installed safely, first {}: {}; remove them or "
        "name them in {}",
        first.path, first.message, kIgnoreName);
    return Error(ErrorCode::archive_unsafe, std::move(message), std::move(findings_));
  }

  static Result<UniqueFd> reopen(int at, const char* name, const std::string& shown) {
    UniqueFd fd(::openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return system_error(fmt::format("cannot read {}", printable(shown)), errno);
    return fd;
  }

  Status read_rules(int fd, const std::string& prefix) {
    UniqueFd file(::openat(fd, std::string(kIgnoreName).c_str(),
                           O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!file) {
      if (errno == ENOENT) return {};
      return system_error(fmt::format("cannot read {}{}", printable(prefix), kIgnoreName), errno);
    }
    const std::string shown = printable(prefix) + std::string(kIgnoreName);
    MKT_TRY(const std::uint64_t size, file_size(file.get(), shown));
    std::string text(std::min(size, kMaxIgnoreBytes), '\0');
    MKT_TRY(
        const std::size_t n,
        read_at(file.get(), {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}, 0, shown));
    text.resize(n);
    rules_.push_back({IgnoreRules::parse(text), prefix.size()});
    return {};
  }

  bool always_left_out(std::string_view name, bool at_root) const {
    if (name == ".git" || name == ".hg" || name == ".svn" || name == ".DS_Store" ||
        name == kIgnoreName) {
      return true;
    }
    return at_root && name.starts_with(id_.text() + "-") &&
           (name.ends_with(".tgz") || name.ends_with(".tgz.sig.json"));
  }

  bool ignored(const std::string& path, bool is_folder) const {
    for (auto it = rules_.rbegin(); it != rules_.rend(); ++it) {
      const auto verdict = it->rules.match(std::string_view(path).substr(it->base), is_folder);
      if (verdict) return *verdict;
    }
    return false;
  }

  // Takes the folder's descriptor; `prefix` is its path with a '/' behind, or empty.
  Status folder(UniqueFd fd, const std::string& prefix, std::size_t depth) {
    if (depth > kMaxEntryDepth) {
      found(prefix, "is too deep");
      return {};
    }
    const std::size_t rules_before = rules_.size();
    MKT_CHECK(read_rules(fd.get(), prefix));
    MKT_TRY(const std::vector<std::string> children, names_in(fd.get(), prefix));
    for (const std::string& name : children) {
      const std::string path = prefix + name;
      struct stat info {};
      if (::fstatat(fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return system_error(fmt::format("cannot read {}", printable(path)), errno);
      }
      const bool is_folder = S_ISDIR(info.st_mode);
      if (always_left_out(name, prefix.empty()) || ignored(path, is_folder)) continue;
      if (!is_folder && !S_ISREG(info.st_mode)) {
        found(path, S_ISLNK(info.st_mode) ? "is a symbolic link" : "is not a plain file");
        continue;
      }
      entries_.push_back({path, is_folder, is_folder || (info.st_mode & 0100) != 0,
                          is_folder ? 0 : static_cast<std::uint64_t>(info.st_size)});
      MKT_CHECK(check_limits(entries_.back()));
      if (is_folder) {
        MKT_TRY(UniqueFd child, reopen(fd.get(), name.c_str(), path));
        MKT_CHECK(folder(std::move(child), path + "/", depth + 1));
      }
    }
    rules_.resize(rules_before, FolderRules{IgnoreRules::parse(""), 0});
    return {};
  }

  // Consumes a duplicate of the descriptor, as fdopendir owns what it is given.
  static Result<std::vector<std::string>> names_in(int fd, const std::string& prefix) {
    UniqueFd duplicate(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const std::unique_ptr<DIR, CloseDir> dir(duplicate ? ::fdopendir(duplicate.get()) : nullptr);
    if (!dir) return system_error(fmt::format("cannot list {}", printable(prefix)), errno);
    duplicate.release();
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* child = ::readdir(dir.get())) {
      const std::string_view name = child->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return system_error(fmt::format("cannot list {}", printable(prefix)), errno);
    return names;
  }

  Status check_limits(const SourceEntry& entry) {
    bytes_ += entry.size;
    if (entries_.size() > limits_.entries) {
      return Error(ErrorCode::archive_too_large,
                   fmt::format("the folder has more than {} files and folders; leave some out with "
                               ".mktignore, or raise MKT_MAX_ENTRIES here and max-entries at the "
                               "registry",
                               limits_.entries));
    }
    if (bytes_ > limits_.unpacked_bytes) {
      return Error(ErrorCode::archive_too_large,
                   fmt::format("the folder has more than {} bytes; leave files out with .mktignore",
                               limits_.unpacked_bytes));
    }
    return {};
  }

  int root_fd_;
  const ConnectorId& id_;
  const ArchiveLimits& limits_;
  std::vector<FolderRules> rules_;  // from the root's to the current folder's
  std::vector<SourceEntry> entries_;
  std::vector<ErrorDetail> findings_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

Result<std::vector<SourceEntry>> list_source_tree(int root_fd, const ConnectorId& id,
                                                  const ArchiveLimits& limits) {
  return TreeWalk(root_fd, id, limits).run();
}

}  // namespace mkt
