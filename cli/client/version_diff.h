// What differs between two connectors: their files, as git shows it, and what they may do.
//
// Both stand unpacked in folders. Comparing texts is diff(1)'s work, which every Debian has. Use
// from one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/connector/manifest.h"

namespace mkt {

struct FileChange {
  enum class Kind { added, removed, changed };
  Kind kind;
  std::string path;
  std::uint64_t size_before = 0;  // bytes
  std::uint64_t size_now = 0;
};

// Of the regular files below both folders, by their bytes; sorted by path.
Result<std::vector<FileChange>> compare_files(const std::filesystem::path& before,
                                              const std::filesystem::path& now);

// A patch as git prints it: "diff --git a/PATH b/PATH", "--- a/PATH", hunks; "Binary files …
// differ". `folder` holds both, as `folder`/a and `folder`/b. not_found where diff is not
// installed.
Result<std::string> file_patch(const std::filesystem::path& folder);

// What the newer manifest may do beside the older: lines that begin with '+' or '-'.
std::vector<std::string> compare_powers(const Manifest& before, const Manifest& now);

}  // namespace mkt
