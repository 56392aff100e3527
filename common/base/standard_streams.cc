#include "common/base/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace mkt {

void hold_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // open(2) gives the lowest free number, which is this one: those below are open by now.
    (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

void write_to_stdout(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void write_to_stderr(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

Status flush_stdout() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return {};
  return Error(ErrorCode::io_error, "cannot write to standard output");
}

}  // namespace mkt
