// Starting and killing mktd; see daemon_process.h.
#include "tests/crash/daemon_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/files.h"

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

pid_t spawn(const std::vector<std::string>& command, const std::string& log,
            const std::string& redis_url = {}) {
  const std::vector<std::string> environment = clean_environment(redis_url);
  const std::vector<char*> arguments = pointers(command);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(),
                                   pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + command[0]);
  return pid;
}

}  // namespace

std::chrono::milliseconds DaemonProcess::start() {
  const auto started = std::chrono::steady_clock::now();
  const std::filesystem::path url = data_ / "mktd.url";
  std::filesystem::remove(url);
  std::vector<std::string> command = {program_,   "--data",      data_,
                                      "--listen", "127.0.0.1:0", "--no-access-log"};
  for (const std::string& limit : options_.limits) {
    command.insert(command.end(), {"--limit", limit});
  }
  command.insert(command.end(), options_.flags.begin(), options_.flags.end());
  pid_ = spawn(command, data_.string() + ".log", options_.redis_url);
  // The file is written once the socket listens.
  for (;;) {
    if (const auto text = read_file(url, 1000); text && !text->empty()) {
      url_ = text->substr(0, text->find('\n'));
      break;
    }
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("mktd ended instead of starting; see " + data_.string() + ".log");
    }
    if (std::chrono::steady_clock::now() - started > std::chrono::minutes(1)) {
      throw std::runtime_error("mktd did not start within a minute");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               started);
}

void DaemonProcess::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int DaemonProcess::check() const {
  const pid_t pid = spawn({program_, "check", "--data", data_}, data_.string() + ".log");
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string DaemonProcess::admin_token() const {
  const auto text = read_file(data_ / "admin.token", 1000);
  if (!text) throw std::runtime_error("there is no admin.token");
  return text->substr(0, text->find('\n'));
}

}  // namespace mkt
