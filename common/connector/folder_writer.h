// FolderWriter: writes the entries of an archive below one folder.
//
// The folder must be empty and belong to this process. Every path is opened component by component,
// without following links. Files are new (O_EXCL); modes are 0755 or 0644. The paths must have
// passed EntryNames. Use from one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"
#include "common/connector/checksum.h"
#include "common/connector/tarball_reader.h"

namespace mkt {

struct UnpackedFile {
  std::string path;
  std::uint64_t size = 0;  // bytes
  bool executable = false;
  Checksum checksum;
};

class FolderWriter : public EntryVisitor {
 public:
  static Result<FolderWriter> open(const std::filesystem::path& folder);

  Status folder(const TarEntry& entry) override;
  Status begin_file(const TarEntry& entry) override;
  Status content(std::span<const std::uint8_t> bytes) override;
  Status end_file(const TarEntry& entry, const Checksum& checksum) override;

  std::vector<UnpackedFile> files;  // in the order of the archive

 private:
  explicit FolderWriter(UniqueFd root) : root_(std::move(root)) {}
  int current() const { return folder_ ? folder_.get() : root_.get(); }
  Status enter(const std::string& path);

  UniqueFd root_;
  UniqueFd folder_;  // the open folder_path_; none for the root
  std::string folder_path_;
  UniqueFd file_;
  std::string path_;
};

}  // namespace mkt
