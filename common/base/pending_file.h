// PendingFile: a new file that gets its name only when it is complete.
//
// Until `appear` the file has no name where the file system can do that (O_TMPFILE), so nothing is
// left of it however the process ends. Elsewhere it has a hidden name in the same folder. The
// destructor removes that file, and so does SIGINT, SIGTERM or SIGHUP when it ends the process. Use
// from one thread.
#pragma once

#include <filesystem>
#include <string>

#include "common/base/files.h"

namespace mkt {

class PendingFile {
 public:
  enum class Until { nameless, hidden };  // `hidden` for tests of the second way

  static Result<PendingFile> create(const std::filesystem::path& path, unsigned mode,
                                    Until until = Until::nameless);

  PendingFile(PendingFile&& other) noexcept;
  PendingFile& operator=(PendingFile&&) = delete;
  PendingFile(const PendingFile&) = delete;
  ~PendingFile();

  int fd() const { return fd_.get(); }

  // Gives the file its name. Where a file with that name exists: replaces it, or fails with
  // target_exists.
  enum class Existing { keep, replace };
  Status appear(Existing existing);

 private:
  PendingFile(std::filesystem::path path, UniqueFd fd)
      : path_(std::move(path)), fd_(std::move(fd)) {}
  void take_hidden_name();
  void forget_hidden_name();

  std::filesystem::path path_;
  UniqueFd fd_;
  std::string hidden_;    // empty while it is nameless
  std::size_t slot_ = 0;  // the place of the hidden name in the signal handler's table
};

}  // namespace mkt
