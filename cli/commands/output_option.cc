#include "cli/commands/output_option.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "common/base/utf8.h"

namespace mkt {

Status OutputOption::check(const std::filesystem::path& file) const {
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0) return {};
  if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) {
    return Error(ErrorCode::target_exists,
                 fmt::format("{} is not a regular file; to write to standard output, use -",
                             printable(file.string())));
  }
  if (force) return {};
  return Error(ErrorCode::target_exists,
               fmt::format("{} is there already; name another file, or overwrite it with --force",
                           printable(file.string())));
}

void add_output_option(CLI::App* command, OutputOption& output, const std::string& what) {
  command->add_option("-o,--output", output.name, what + "; - is standard output");
  command->add_flag("--force", output.force, "Overwrite a file that is there already");
}

}  // namespace mkt
