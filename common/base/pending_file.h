// PendingFile: a new file that has its name only once it is complete.
//
// Until `appear` it is nameless where the file system can do that (O_TMPFILE), so that nothing is
// left of it whatever ends the process. Elsewhere it has a hidden name in the same folder, which
// goes with the object, and also when SIGINT, SIGTERM or SIGHUP ends the process. Use from one
// thread.
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

  // Gives it the name it was made for: in the place of a file that is there, or else target_exists.
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
  std::size_t slot_ = 0;  // where the signal handler finds the hidden name
};

}  // namespace mkt
