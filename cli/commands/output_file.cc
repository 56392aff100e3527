#include "cli/commands/output_file.h"

#include <fmt/format.h>

#include "common/base/utf8.h"

namespace mkt {

namespace fs = std::filesystem;

Result<PendingFile::Existing> may_take_name(const OutputFile& output) {
  std::error_code error;
  const fs::file_status status = fs::status(output.path, error);
  const std::string shown = printable(output.path.string());
  if (!fs::exists(status)) return PendingFile::Existing::keep;
  if (fs::is_directory(status)) {
    return Error(ErrorCode::usage_error, fmt::format("{} is a folder; name a file in it", shown));
  }
  if (output.force) return PendingFile::Existing::replace;
  MKT_TRY(const UniqueFd there, open_for_reading(output.path));
  MKT_TRY(const std::uint64_t size, file_size(there.get(), shown));
  if (size == 0 || output.is_ours(there.get())) return PendingFile::Existing::replace;
  return Error(ErrorCode::target_exists,
               fmt::format("{} is there already and is not {}; move it away, or overwrite it "
                           "with --force",
                           shown, output.what));
}

}  // namespace mkt
