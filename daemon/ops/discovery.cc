#include "daemon/ops/discovery.h"

#include <unistd.h>

#include <charconv>

#include "common/base/files.h"
#include "common/base/log.h"
#include "common/base/user_folders.h"

namespace mkt {

Announcement::Announcement(std::string_view url, const std::filesystem::path& data) {
  int port = 0;
  const std::string_view digits = url.substr(url.rfind(':') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(data, error);
  const std::filesystem::path file = daemon_announcement(port);
  if (file.empty()) {
    log_event(LogLevel::debug, "not announced to mkt", {{"reason", "HOME is not set"}});
    return;
  }
  Status written = make_folders(file.parent_path(), 0700);
  if (written) written = write_file_atomically(file, absolute.string() + "\n", 0600);
  if (written) {
    file_ = file;
  } else {
    log_event(LogLevel::debug, "not announced to mkt", {{"reason", written.error().message}});
  }
}

Announcement::~Announcement() {
  if (!file_.empty()) ::unlink(file_.c_str());
}

}  // namespace mkt
