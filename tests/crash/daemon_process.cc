// Starting and killing mktd; see daemon_process.h.
#include "tests/crash/daemon_process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>
#include <vector>

#include "common/base/files.h"
#include "tests/crash/spawn.h"

namespace mkt {

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

int DaemonProcess::init(const std::string& database) const {
  return run({"init", "--database", database});
}
int DaemonProcess::check() const { return run({"check"}); }

int DaemonProcess::run(const std::vector<std::string>& operation) const {
  std::vector<std::string> command = {program_};
  command.insert(command.end(), operation.begin(), operation.end());
  command.insert(command.end(), {"--data", data_});
  const pid_t pid = spawn(command, data_.string() + ".log");
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
