// OpenFiles: what a process holds open, by kind, to tell a leak from a pool that fills.
//
// A registry under load opens more at its busiest moment than it needs later, and keeps some of it:
// that is no leak while it stays within what its pools may hold. What has no pool must not grow.
// Values; use from any thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mkt::load {

struct OpenFiles {
  std::size_t sockets = 0;   // clients, listeners, Redis
  std::size_t database = 0;  // the database and its write-ahead log, once for each connection to it
  std::size_t tarballs = 0;  // being sent or received
  std::size_t others = 0;    // logs, locks, epoll and the like

  std::size_t all() const { return sockets + database + tarballs + others; }
  // Counts one more, by what /proc/PID/fd says of it: "socket:[123]", "/data/mktd.db-wal".
  void count(std::string_view target);

  // Everything that `pid` holds open now. Throws std::filesystem::filesystem_error where it is
  // gone.
  static OpenFiles of(pid_t pid);
};

// The larger number of each kind.
OpenFiles most_of(const OpenFiles& a, const OpenFiles& b);

// What is held at most without a leak; `others` is how many more of those may come.
struct OpenFileBounds {
  std::size_t sockets = 0, database = 0, tarballs = 0, others = 0;
};

// Each kind that grew from `before` to `after` and is beyond its bound, as a sentence.
std::vector<std::string> leaks(const OpenFiles& before, const OpenFiles& after,
                               const OpenFileBounds& bounds);

}  // namespace mkt::load
