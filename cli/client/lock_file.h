// LockFile: mkt.lock, exactly what is installed, so that another machine can install the same
// bytes.
//
// A JSON document beside the folder of the connectors, written by `mkt install` and read by `mkt
// install --frozen`. Each such folder has its own: `mkt.lock` for a folder named `connectors`,
// `NAME.mkt.lock` for any other, so that folders beside each other never share one. For each
// connector, sorted by id, it has the version, the checksum of the tarball and the key that signed
// it. The same connectors give the same bytes, so the file can be kept under version control.
//
// A connector may have a `hold`: the range that updates keep to. The exact version that is locked
// holds it there, and follows an install of another version. Releases before holds ignore the
// member, and leave it out where they write the file.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "common/base/json.h"
#include "common/base/result.h"
#include "common/connector/version_range.h"

namespace mkt {

inline constexpr std::string_view kLockName = "mkt.lock";
inline constexpr std::string_view kRootName = "connectors";  // the folder whose lock is mkt.lock

struct LockEntry {
  std::string version;
  std::string checksum;
  std::string key_id;
  friend bool operator==(const LockEntry&, const LockEntry&) = default;
};

class LockFile {
 public:
  // The lock for the connectors in that folder. A missing file is an empty one; data_damaged for
  // one that cannot be read.
  static Result<LockFile> read_beside(const std::filesystem::path& root);
  // To install what it says. Where the folder has no lock of its own, this is the `mkt.lock` beside
  // it, which older releases wrote for every folder.
  static Result<LockFile> read_to_install(const std::filesystem::path& root);

  // True where the file exists, even if it is empty.
  bool exists() const { return exists_; }

  const std::filesystem::path& path() const { return path_; }
  const std::map<std::string, LockEntry>& connectors() const { return connectors_; }  // by id
  const LockEntry* find(const std::string& id) const;

  void set(const std::string& id, LockEntry entry);
  void remove(const std::string& id);

  // The ranges of those that are held, by id.
  const std::map<std::string, VersionRange>& holds() const { return holds_; }
  // For a connector that is in the file; nullopt ends its hold.
  void hold(const std::string& id, std::optional<VersionRange> range);

  // Reads the file again and applies these changes, as another install may have written meanwhile.
  Status write();

 private:
  explicit LockFile(std::filesystem::path path) : path_(std::move(path)) {}
  static Result<LockFile> read(std::filesystem::path path);
  Json json() const;
  void apply(const std::string& id, const std::optional<LockEntry>& entry);
  void apply_hold(const std::string& id, const std::optional<VersionRange>& range);

  std::filesystem::path path_;
  bool exists_ = false;
  std::map<std::string, LockEntry> connectors_;
  std::map<std::string, VersionRange> holds_;
  std::map<std::string, std::optional<LockEntry>> changes_;  // nullopt: removed
  std::map<std::string, std::optional<VersionRange>> hold_changes_;
};

}  // namespace mkt
