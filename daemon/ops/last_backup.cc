#include "daemon/ops/last_backup.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/files.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr const char* kLastBackup = "last-backup";
constexpr std::uint64_t kMostBytes = 16 * 1024;

}  // namespace

// For the status alone: what fails here is no failure of the backup.
void note_backup(const std::filesystem::path& data, const std::filesystem::path& file, UtcTime at) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(file, error);
  const std::string text =
      fmt::format("{}\n{}\n", format_utc(at), printable((error ? file : absolute).string()));
  if (!write_file_atomically(data / kLastBackup, text, 0600)) return;
  // A backup that root makes is for the daemon's user to see, too.
  struct stat owner {};
  const bool is_root = ::geteuid() == 0 && ::stat(data.c_str(), &owner) == 0;
  if (is_root && ::lchown((data / kLastBackup).c_str(), owner.st_uid, owner.st_gid) != 0) return;
}

std::optional<LastBackup> last_backup(const std::filesystem::path& data) {
  const auto text = read_file(data / kLastBackup, kMostBytes);
  if (!text) return std::nullopt;
  const std::size_t line = text->find('\n');
  if (line == std::string::npos || !parse_utc(text->substr(0, line))) return std::nullopt;
  return LastBackup{text->substr(0, line),
                    text->substr(line + 1, text->find('\n', line + 1) - line - 1)};
}

}  // namespace mkt
