// Starting programs; see spawn.h.
#include "tests/crash/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>

namespace mkt {
namespace {

// The null-terminated array that the system wants; it lives as long as `words`.
std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> all;
  for (const std::string& word : words) all.push_back(const_cast<char*>(word.c_str()));
  all.push_back(nullptr);
  return all;
}

// The caller's environment without what would configure the daemon behind the test's back.
std::vector<std::string> clean_environment(const std::string& redis_url) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!text.starts_with("MKTD_") && !text.starts_with("REDIS_URL=")) all.emplace_back(text);
  }
  if (!redis_url.empty()) all.push_back("REDIS_URL=" + redis_url);
  return all;
}

}  // namespace

pid_t spawn(const std::vector<std::string>& command, const std::string& log,
            const std::string& redis_url) {
  const std::vector<std::string> environment = clean_environment(redis_url);
  const std::vector<char*> arguments = pointers(command);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(),
                                    pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + command[0]);
  return pid;
}

}  // namespace mkt
