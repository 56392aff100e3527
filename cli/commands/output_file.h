// Writing a file that the user named: nothing that somebody may still want is overwritten.
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
  // Whether an open file is an earlier output of the same kind, which a new one may replace.
  std::function<bool(int fd)> is_ours;
  std::string_view what;  // "a tarball of hello", for the message
};

// How a PendingFile may take the name. An empty file may always be replaced; target_exists says
// what stands there.
Result<PendingFile::Existing> may_take_name(const OutputFile& output);

}  // namespace mkt
