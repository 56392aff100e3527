// Writes a file that the user named, without overwriting what somebody may still need.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "common/base/pending_file.h"
#include "common/base/result.h"

namespace mkt {

struct OutputFile {
  std::filesystem::path path;
  bool force = false;  // --force
  // True for an open file that is an earlier output of the same kind, which may be replaced.
  std::function<bool(int fd)> is_ours;
  std::string_view what;  // "a tarball of hello", for the message
};

// Says how a PendingFile may take the name. An empty file may always be replaced. target_exists
// says what is there.
Result<PendingFile::Existing> may_take_name(const OutputFile& output);

}  // namespace mkt
