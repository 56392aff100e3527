// Walks a connector's folder.
#include "common/connector/source_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <set>

#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/entry_path.h"
#include "common/connector/ignore_rules.h"
#include "common/connector/manifest.h"
#include "common/connector/never_packed.h"
#include "common/connector/tarball_reader.h"

namespace mkt {
namespace {

constexpr std::string_view kIgnoreName = ".mktignore";
// What `mkt install` writes at its root for every connector.
constexpr std::string_view kInstallFolder = "connectors";
constexpr std::string_view kInstallLock = "mkt.lock";
constexpr std::string_view kSignatureSuffix = ".sig.json";
constexpr std::uint64_t kMaxIgnoreBytes = 1024 * 1024;
constexpr std::size_t kMaxFindings = 50;

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

// The rules of one folder's .mktignore. `base` is the length of the folder's path with its '/'.
struct FolderRules {
  IgnoreRules rules;
  std::size_t base;
};

class TreeWalk {
 public:
  TreeWalk(int root_fd, const ConnectorId& id, const ArchiveLimits& limits,
           const struct stat* output)
      : root_fd_(root_fd), id_(id), limits_(limits), output_(output), head_(kLookedAtBytes) {}

  Result<SourceTree> run() {
    MKT_TRY(UniqueFd root, reopen(root_fd_, ".", "."));
    MKT_CHECK(folder(std::move(root), "", 0));
    leave_out_signatures();
    std::sort(entries_.begin(), entries_.end(), [](const SourceEntry& a, const SourceEntry& b) {
      const bool a_first = a.path == kManifestName;
      const bool b_first = b.path == kManifestName;
      return a_first != b_first ? a_first : a.path < b.path;
    });
    std::sort(left_out_.begin(), left_out_.end(),
              [](const LeftOut& a, const LeftOut& b) { return a.path < b.path; });
    EntryNames names;
    for (const SourceEntry& e : entries_) {
      const auto kind = e.is_folder ? EntryNames::Kind::folder : EntryNames::Kind::file;
      if (Status ok = names.add(e.path, kind); !ok) found(e.path, ok.error().message);
    }
    if (!findings_.empty()) return refused();
    return SourceTree{std::move(entries_), std::move(left_out_)};
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
        "the folder has entries that could not be installed safely, first {}: {}; rename or remove "
        "them, or name them in {}",
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
    IgnoreRules rules = IgnoreRules::parse(text);
    if (size > kMaxIgnoreBytes || rules.truncated()) {
      return Error(
          ErrorCode::invalid_input,
          fmt::format("{} has more than {} bytes, more than {} rules, or a line of more than {} "
                      "bytes: what its other rules leave out would be packed; shorten it",
                      shown, kMaxIgnoreBytes, IgnoreRules::kMaxRules, IgnoreRules::kMaxLineBytes));
    }
    rules_.push_back({std::move(rules), prefix.size()});
    return {};
  }

  // What the .mktignore files say about an entry.
  struct Wish {
    bool ignored = false;
    bool asked_for = false;  // by name
    std::string ignore_file;
  };
  Wish wish_for(const std::string& path, bool is_folder) const {
    for (auto it = rules_.rbegin(); it != rules_.rend(); ++it) {
      const std::string_view own_path = std::string_view(path).substr(it->base);
      const auto verdict = it->rules.match(own_path, is_folder);
      if (!verdict) continue;
      return {*verdict, !*verdict && it->rules.names(own_path, is_folder),
              path.substr(0, it->base) + std::string(kIgnoreName)};
    }
    return {};
  }

  void leave_out(LeftOut entry) { left_out_.push_back(std::move(entry)); }

  // Says why the entry is a file that mkt itself writes at the root of the connector.
  std::string_view own_work(std::string_view name, bool is_folder) const {
    if (is_folder) return {};
    if (name == kInstallLock) return "is the lock file of mkt install";
    const bool is_output = name.starts_with(id_.text() + "-") &&
                           (name.ends_with(".tgz") || name.ends_with(".tgz.sig.json"));
    return is_output ? "is what mkt pack and mkt sign write" : "";
  }

  bool is_output(const struct stat& info) const {
    return output_ != nullptr && S_ISREG(output_->st_mode) && info.st_dev == output_->st_dev &&
           info.st_ino == output_->st_ino;
  }

  // Why the content of a file keeps it out. nullopt where the file cannot be read; packing reports
  // that.
  std::optional<NeverPacked> never_packed_by_content(int at, const std::string& name) {
    const UniqueFd fd(::openat(at, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!fd) return std::nullopt;
    const auto n = read_at(fd.get(), head_, 0, name);
    if (!n) return std::nullopt;
    const std::span<const std::uint8_t> head(head_.data(), *n);
    if (auto never = never_packed(head)) return never;
    if (*n < 2 || head[0] != 0x1f || head[1] != 0x8b) return std::nullopt;
    const auto manifest = manifest_of_tarball(file_source(fd.get(), name));
    if (!manifest || manifest->id() != id_) return std::nullopt;
    return NeverPacked{"is a tarball of this connector"};
  }

  // Leaves out FILE.sig.json where FILE is a tarball of this connector.
  void leave_out_signatures() {
    std::set<std::string> tarballs;
    for (const LeftOut& l : left_out_) {
      if (!l.is_folder) tarballs.insert(l.path + std::string(kSignatureSuffix));
    }
    std::erase_if(entries_, [&](const SourceEntry& e) {
      if (e.is_folder || !e.secret.empty() || !tarballs.contains(e.path)) return false;
      leave_out({.path = e.path, .why = "is the signature file of a file that is left out"});
      return true;
    });
  }

  // True where the entry was left out. Where the entry looks like a secret but was asked for,
  // `secret` says why it looks like one.
  bool left_out(int at, const std::string& prefix, const std::string& name, const struct stat& info,
                std::string& secret) {
    const std::string path = prefix + name;
    const bool is_folder = S_ISDIR(info.st_mode);
    const Wish wish = wish_for(path, is_folder);
    if (wish.ignored) {
      leave_out({.path = path,
                 .is_folder = is_folder,
                 .why = fmt::format("is named in {}", wish.ignore_file)});
      return true;
    }
    if (is_output(info)) {
      leave_out({.path = path, .why = "is the output of this very command"});
      return true;
    }
    std::optional<NeverPacked> never = never_packed(name, last_component(prefix));
    if (!never && prefix.empty() && !own_work(name, is_folder).empty()) {
      never = NeverPacked{own_work(name, is_folder)};
    }
    if (!never && is_folder &&
        ::faccessat(at, (name + "/" + std::string(kReceiptName)).c_str(), F_OK,
                    AT_SYMLINK_NOFOLLOW) == 0) {
      never = NeverPacked{"is an installed connector"};
    }
    if (!never && S_ISREG(info.st_mode)) never = never_packed_by_content(at, name);
    if (!never) return false;
    if (wish.asked_for) {
      if (never->secret) secret = never->why;
      return false;
    }
    leave_out({.path = path,
               .is_folder = is_folder,
               .secret = never->secret,
               .why = std::string(never->why)});
    return true;
  }

  // "lib" of "src/lib/".
  static std::string_view last_component(std::string_view prefix) {
    if (prefix.empty()) return prefix;
    prefix.remove_suffix(1);
    return prefix.substr(prefix.rfind('/') + 1);  // npos + 1 is 0
  }

  // Takes ownership of the descriptor. `prefix` is the folder's path with a '/', or empty.
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
      std::string secret;
      if (left_out(fd.get(), prefix, name, info, secret)) continue;
      if (!is_folder && !S_ISREG(info.st_mode)) {
        found(path, S_ISLNK(info.st_mode) ? "is a symbolic link" : "is not a plain file");
        continue;
      }
      entries_.push_back({path, is_folder, is_folder || (info.st_mode & 0100) != 0,
                          is_folder ? 0 : static_cast<std::uint64_t>(info.st_size),
                          std::move(secret)});
      MKT_CHECK(check_limits(entries_.back()));
      if (is_folder) {
        const std::size_t before = entries_.size();
        MKT_TRY(UniqueFd child, reopen(fd.get(), name.c_str(), path));
        MKT_CHECK(folder(std::move(child), path + "/", depth + 1));
        // mkt install made it, and mkt uninstall left it empty.
        if (path == kInstallFolder && entries_.size() == before) {
          entries_.pop_back();
          leave_out(
              {.path = path, .is_folder = true, .why = "is where mkt install puts connectors"});
        }
      }
    }
    rules_.resize(rules_before, FolderRules{IgnoreRules::parse(""), 0});
    return {};
  }

  // Opens the folder again, as fdopendir takes ownership of its descriptor.
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
  const struct stat* output_;
  Bytes head_;                      // of the current file
  std::vector<FolderRules> rules_;  // from the root's to the current folder's
  std::vector<SourceEntry> entries_;
  std::vector<LeftOut> left_out_;
  std::vector<ErrorDetail> findings_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

Result<SourceTree> list_source_tree(int root_fd, const ConnectorId& id, const ArchiveLimits& limits,
                                    const struct stat* output) {
  return TreeWalk(root_fd, id, limits, output).run();
}

}  // namespace mkt
