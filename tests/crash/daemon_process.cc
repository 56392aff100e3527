// Starting and killing mktd; see daemon_process.h.
#include "tests/crash/daemon_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>
#include <vector>

#include "common/base/files.h"

namespace mkt {
namespace {

pid_t spawn(const std::vector<std::string>& command, const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = -1;
  const int failed =
      ::posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + command[0]);
  return pid;
}

}  // namespace

std::chrono::milliseconds DaemonProcess::start() {
  const auto started = std::chrono::steady_clock::now();
  const std::filesystem::path url = data_ / "mktd.url";
  std::filesystem::remove(url);
  pid_ = spawn({program_, "--data", data_, "--listen", "127.0.0.1:0", "--no-access-log", "--limit",
                "publish=off", "search=off", "download=off", "install=off"},
               data_.string() + ".log");
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
