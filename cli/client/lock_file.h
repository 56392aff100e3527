// mkt.lock: exactly what is installed, for a machine that is to have the same bytes.
//
// A JSON document beside the folder of the connectors, written by `mkt install` and read by
// `mkt install --frozen`. Each such folder has a lock of its own: `mkt.lock` for one that is named
// `connectors`, `NAME.mkt.lock` for another, so that two beside each other never share one. For
// each connector, in the order of their ids, its version, the checksum
// of its tarball and the key that signed it. The same connectors give the same bytes, so that it
// can be kept under version control.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "common/base/result.h"

namespace mkt {

inline constexpr std::string_view kLockName = "mkt.lock";
inline constexpr std::string_view kRootName = "connectors";  // whose lock has that very name

struct LockEntry {
  std::string version;
  std::string checksum;
  std::string key_id;
  friend bool operator==(const LockEntry&, const LockEntry&) = default;
};

class LockFile {
 public:
  // Of the connectors in that folder, however it is named: beside it. An absent file is an empty
  // one; data_damaged for one that cannot be read.
  static Result<LockFile> read_beside(const std::filesystem::path& root);
  // To install what it says: where the folder has none of its own, the `mkt.lock` beside it, which
  // older releases wrote for every folder.
  static Result<LockFile> read_to_install(const std::filesystem::path& root);

  // Whether there is a file, however empty.
  bool exists() const { return exists_; }

  const std::filesystem::path& path() const { return path_; }
  const std::map<std::string, LockEntry>& connectors() const { return connectors_; }  // by id
  const LockEntry* find(const std::string& id) const;

  void set(const std::string& id, LockEntry entry);
  void remove(const std::string& id);
  // Puts these changes into the file as it is by now: another install may have written meanwhile.
  Status write();

 private:
  explicit LockFile(std::filesystem::path path) : path_(std::move(path)) {}
  static Result<LockFile> read(std::filesystem::path path);
  void apply(const std::string& id, const std::optional<LockEntry>& entry);

  std::filesystem::path path_;
  bool exists_ = false;
  std::map<std::string, LockEntry> connectors_;
  std::map<std::string, std::optional<LockEntry>> changes_;  // nullopt: removed
};

}  // namespace mkt
