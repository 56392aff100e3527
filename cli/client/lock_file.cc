#include "cli/client/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/utf8.h"
#include "common/connector/checksum.h"
#include "common/connector/names.h"
#include "common/connector/version.h"

namespace mkt {
namespace {

constexpr std::uint64_t kMaxLockBytes = 16 * 1024 * 1024;
constexpr std::int64_t kLockVersion = 1;

Error damaged(const std::filesystem::path& path, std::string_view what) {
  return Error(ErrorCode::data_damaged,
               fmt::format("{} is not a lock file: {}; restore it, or move it away and run mkt "
                           "install with the names of what is installed, which writes it again",
                           printable(path.string()), what));
}

std::filesystem::path without_slash(const std::filesystem::path& folder) {
  return folder.has_filename() ? folder : folder.parent_path();  // "dir/"
}

// One name for one folder: the full path for "." and for a link.
std::filesystem::path own_name(const std::filesystem::path& root) {
  std::filesystem::path folder = without_slash(root);
  std::error_code ignored;  // then the path stays as it is
  const bool is_link = std::filesystem::is_symlink(folder, ignored);
  if (!is_link && folder.filename() != "." && folder.filename() != "..") return folder;
  const auto absolute = std::filesystem::absolute(folder, ignored);
  if (ignored) return folder;  // the current folder was removed
  const auto full = std::filesystem::weakly_canonical(absolute, ignored);
  return ignored ? folder : without_slash(full);
}

}  // namespace

Result<LockFile> LockFile::read_beside(const std::filesystem::path& root) {
  const std::filesystem::path folder = own_name(root);
  std::string name(kLockName);
  if (folder.has_filename() && folder.filename() != kRootName) {
    name = fmt::format("{}.{}", folder.filename().string(), kLockName);
  }
  return read(folder_of(folder) / name);
}

Result<LockFile> LockFile::read_to_install(const std::filesystem::path& root) {
  MKT_TRY(LockFile own, read_beside(root));
  if (own.exists_) return own;
  MKT_TRY(LockFile older, read(folder_of(own.path_) / kLockName));
  if (!older.exists_) {
    MKT_TRY(older, read(folder_of(without_slash(root)) / kLockName));  // beside a link
  }
  if (older.exists_) return older;
  return own;
}

Result<LockFile> LockFile::read(std::filesystem::path path) {
  LockFile lock(std::move(path));
  const auto text = read_file(lock.path_, kMaxLockBytes);
  if (!text && text.error().code == ErrorCode::not_found) return lock;
  if (!text) return text.error();
  lock.exists_ = true;
  const auto json = parse_json(*text, "the lock file");
  if (!json) return damaged(lock.path_, json.error().message);
  if (number_member(*json, "lockVersion") != kLockVersion) {
    return damaged(lock.path_, fmt::format("lockVersion is not {}", kLockVersion));
  }
  const auto all = json->find("connectors");
  if (all == json->end() || !all->is_array()) return damaged(lock.path_, "connectors is missing");
  for (const Json& one : *all) {
    const auto id = ConnectorId::parse(text_member(one, "id").value_or(""));
    const auto version = Version::parse(text_member(one, "version").value_or(""));
    const auto checksum = Checksum::parse(text_member(one, "checksum").value_or(""));
    const auto key_id = KeyId::parse(text_member(one, "keyId").value_or(""));
    if (!id || !version || !checksum || !key_id) {
      return damaged(lock.path_, fmt::format("entry {} is not {{id, version, checksum, keyId}}",
                                             lock.connectors_.size() + 1));
    }
    lock.connectors_[id->text()] = {version->text(), checksum->text(), key_id->text()};
    if (one.contains("hold")) {
      auto range = VersionRange::parse(text_member(one, "hold").value_or("?"));
      if (!range) {
        return damaged(lock.path_, fmt::format("the hold of {} is not a range", id->text()));
      }
      lock.apply_hold(id->text(), std::move(*range));
    }
  }
  return lock;
}

const LockEntry* LockFile::find(const std::string& id) const {
  const auto it = connectors_.find(id);
  return it == connectors_.end() ? nullptr : &it->second;
}

void LockFile::set(const std::string& id, LockEntry entry) {
  apply(id, entry);
  changes_[id] = std::move(entry);
}

void LockFile::remove(const std::string& id) {
  if (find(id) == nullptr) return;
  apply(id, std::nullopt);
  changes_[id] = std::nullopt;
}

void LockFile::hold(const std::string& id, std::optional<VersionRange> range) {
  apply_hold(id, range);
  hold_changes_[id] = std::move(range);
}

void LockFile::apply(const std::string& id, const std::optional<LockEntry>& entry) {
  if (!entry) {
    connectors_.erase(id);
    holds_.erase(id);
    return;
  }
  LockEntry& kept = connectors_[id];
  const auto held = holds_.find(id);
  if (held != holds_.end() && held->second.text() == kept.version) {
    if (auto exactly = VersionRange::parse(entry->version)) held->second = std::move(*exactly);
  }
  kept = *entry;
}

void LockFile::apply_hold(const std::string& id, const std::optional<VersionRange>& range) {
  if (range && find(id) != nullptr) {
    holds_.insert_or_assign(id, *range);
  } else {
    holds_.erase(id);
  }
}

Json LockFile::json() const {
  Json all = Json::array();
  for (const auto& [id, entry] : connectors_) {
    Json one{{"id", id},
             {"version", entry.version},
             {"checksum", entry.checksum},
             {"keyId", entry.key_id}};
    if (const auto held = holds_.find(id); held != holds_.end()) one["hold"] = held->second.text();
    all.push_back(std::move(one));
  }
  return {{"lockVersion", kLockVersion}, {"connectors", all}};
}

Status LockFile::write() {
  if (changes_.empty() && hold_changes_.empty()) return {};
  MKT_CHECK(make_folders(folder_of(path_), 0755));
  // Only one install at a time: the folder itself is locked, which leaves no file behind.
  const UniqueFd folder(::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::flock(folder.get(), LOCK_EX) != 0) {
    return system_error(fmt::format("cannot lock {}", printable(folder_of(path_).string())), errno);
  }
  MKT_TRY(LockFile current, read(path_));
  const Json before = current.json();
  for (const auto& [id, entry] : changes_) current.apply(id, entry);
  for (const auto& [id, range] : hold_changes_) current.apply_hold(id, range);
  connectors_ = current.connectors_;
  holds_ = current.holds_;
  changes_.clear();
  hold_changes_.clear();
  const Json json = current.json();
  if (before == json) return {};
  return write_file_atomically(path_, dump_json_pretty(json), 0644);
}

}  // namespace mkt
