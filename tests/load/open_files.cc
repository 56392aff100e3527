// Reading /proc/PID/fd; see open_files.h.
#include "tests/load/open_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace mkt::load {

void OpenFiles::count(std::string_view target) {
  const std::string_view name = target.substr(target.rfind('/') + 1);
  if (target.starts_with("socket:")) {
    ++sockets;
  } else if (name.starts_with("mktd.db")) {
    ++database;
  } else if (target.find("/blobs/") != std::string_view::npos) {
    ++tarballs;
  } else {
    ++others;
  }
}

OpenFiles OpenFiles::of(pid_t pid) {
  OpenFiles open;
  const std::filesystem::path folder = fmt::format("/proc/{}/fd", pid);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::error_code closed;  // between listing and looking
    const auto target = std::filesystem::read_symlink(entry.path(), closed);
    if (!closed) open.count(target.native());
  }
  return open;
}

OpenFiles most_of(const OpenFiles& a, const OpenFiles& b) {
  return {std::max(a.sockets, b.sockets), std::max(a.database, b.database),
          std::max(a.tarballs, b.tarballs), std::max(a.others, b.others)};
}

std::vector<std::string> leaks(const OpenFiles& before, const OpenFiles& after,
                               const OpenFileBounds& bounds) {
  std::vector<std::string> found;
  const auto compare = [&](std::string_view kind, std::size_t was, std::size_t is,
                           std::size_t bound) {
    if (is <= was || is <= bound) return;
    found.push_back(
        fmt::format("{} grew from {} to {}; {} are no leak", kind, was, is, std::max(was, bound)));
  };
  compare("open sockets", before.sockets, after.sockets, bounds.sockets);
  compare("open database files", before.database, after.database, bounds.database);
  compare("open tarballs", before.tarballs, after.tarballs, bounds.tarballs);
  compare("other open files", before.others, after.others, before.others + bounds.others);
  return found;
}

}  // namespace mkt::load
