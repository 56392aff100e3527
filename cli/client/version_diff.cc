#include "cli/client/version_diff.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/archive_limits.h"
#include "common/connector/checksum.h"

extern char** environ;

namespace mkt {
namespace {

namespace fs = std::filesystem;

// What one file of a connector may have at most, unpacked.
constexpr std::uint64_t kMaxComparedBytes = 512ULL * 1024 * 1024;

struct FileFacts {
  std::uint64_t size = 0;
  Checksum checksum;
};

Result<std::map<std::string, FileFacts>> facts_of(const fs::path& folder) {
  std::map<std::string, FileFacts> all;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (!it->is_regular_file(error)) continue;
    const std::string path = it->path().lexically_relative(folder).string();
    MKT_TRY(const std::string bytes, read_file(it->path(), kMaxComparedBytes));
    all.emplace(path, FileFacts{bytes.size(), Checksum::of(as_bytes(bytes))});
  }
  if (error) {
    return Error(ErrorCode::io_error,
                 fmt::format("cannot read {}: {}", printable(folder.string()), error.message()));
  }
  return all;
}

// Runs diff in the folder; its output.
Result<std::string> run_diff(const fs::path& folder) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) {
    return Error(ErrorCode::io_error, "cannot make a pipe for diff");
  }
  UniqueFd reading(pipe[0]);
  UniqueFd writing(pipe[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  std::vector<std::string> words = {"diff", "-ruN", "--no-dereference", "a", "b"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, "diff", &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    return Error(ErrorCode::not_found,
                 "diff is not installed, which shows how files differ: install the package "
                 "diffutils, or use --summary");
  }
  writing.reset();
  std::string out;
  char buffer[64 * 1024];
  for (ssize_t n = 0; (n = ::read(reading.get(), buffer, sizeof buffer)) != 0;) {
    if (n > 0) out.append(buffer, static_cast<std::size_t>(n));
    if (n < 0 && errno != EINTR) break;
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  constexpr int kTrouble = 2;  // 1 says that they differ
  if (!WIFEXITED(status) || WEXITSTATUS(status) >= kTrouble) {
    return Error(ErrorCode::io_error, "diff could not compare the two");
  }
  return out;
}

// diff writes the times of both files behind their names, after a tab.
std::string as_git_prints(std::string_view line) {
  if (line.starts_with("diff -ruN ")) {
    const std::size_t a = line.find(" a/");
    return a == std::string_view::npos ? std::string(line)
                                       : "diff --git" + std::string(line.substr(a));
  }
  if (line.starts_with("--- a/") || line.starts_with("+++ b/")) {
    return std::string(line.substr(0, line.find('\t')));
  }
  return std::string(line);
}

std::set<std::string> tools_of(const Manifest& manifest) {
  std::set<std::string> tools;
  for (const Tool& t : manifest.tools()) {
    tools.insert(fmt::format("tool {} ({})", t.name, policy_class_name(t.policy_class)));
  }
  return tools;
}

std::set<std::string> capabilities_of(const Manifest& manifest) {
  std::set<std::string> all;
  for (const std::string& c : manifest.capabilities()) all.insert("capability " + c);
  return all;
}

std::set<std::string> dependencies_of(const Manifest& manifest) {
  std::set<std::string> all;
  for (const auto& [id, range] : manifest.dependencies()) {
    all.insert(fmt::format("dependency {} {}", id, range.text()));
  }
  return all;
}

void add_difference(const std::set<std::string>& before, const std::set<std::string>& now,
                    std::vector<std::string>& lines) {
  for (const std::string& one : before) {
    if (!now.contains(one)) lines.push_back("- " + printable(one));
  }
  for (const std::string& one : now) {
    if (!before.contains(one)) lines.push_back("+ " + printable(one));
  }
}

}  // namespace

Result<std::vector<FileChange>> compare_files(const fs::path& before, const fs::path& now) {
  MKT_TRY(const auto old_files, facts_of(before));
  MKT_TRY(const auto new_files, facts_of(now));
  std::vector<FileChange> changes;
  for (const auto& [path, facts] : old_files) {
    const auto it = new_files.find(path);
    if (it == new_files.end()) {
      changes.push_back({FileChange::Kind::removed, path, facts.size, 0});
    } else if (it->second.checksum != facts.checksum) {
      changes.push_back({FileChange::Kind::changed, path, facts.size, it->second.size});
    }
  }
  for (const auto& [path, facts] : new_files) {
    if (!old_files.contains(path)) {
      changes.push_back({FileChange::Kind::added, path, 0, facts.size});
    }
  }
  std::sort(changes.begin(), changes.end(),
            [](const FileChange& a, const FileChange& b) { return a.path < b.path; });
  return changes;
}

Result<std::string> file_patch(const fs::path& folder) {
  MKT_TRY(const std::string raw, run_diff(folder));
  std::string patch;
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t end = std::min(raw.find('\n', at), raw.size());
    patch += as_git_prints(std::string_view(raw).substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return patch;
}

std::vector<std::string> compare_powers(const Manifest& before, const Manifest& now) {
  std::vector<std::string> lines;
  add_difference(capabilities_of(before), capabilities_of(now), lines);
  add_difference(tools_of(before), tools_of(now), lines);
  add_difference(dependencies_of(before), dependencies_of(now), lines);
  return lines;
}

}  // namespace mkt
