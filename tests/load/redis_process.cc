// Starting and killing redis-server; see redis_process.h.
#include "tests/load/redis_process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/crash/spawn.h"

namespace mkt::load {

bool RedisProcess::is_installed() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((folder + "/redis-server").c_str(), X_OK) == 0) return true;
  }
  return false;
}

void RedisProcess::start() {
  std::filesystem::remove(socket());
  pid_ = spawn({"redis-server", "--port", "0", "--unixsocket", socket(), "--save", "",
                "--appendonly", "no", "--dir", folder_},
               folder_ / "redis.log");
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!std::filesystem::exists(socket())) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("redis-server ended instead of starting");
    }
    if (std::chrono::steady_clock::now() > give_up) {
      throw std::runtime_error("redis-server did not start within ten seconds");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void RedisProcess::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace mkt::load
