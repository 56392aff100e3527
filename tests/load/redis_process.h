// A Redis of the test's own, on a Unix socket, with nothing kept: killed and started again.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace mkt::load {

class RedisProcess {
 public:
  static bool is_installed();

  // Everything of it is in `folder`, which must be there.
  explicit RedisProcess(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~RedisProcess() { kill(); }
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  // Until its socket is there. Throws where it ends or takes ten seconds.
  void start();
  // SIGKILL, and gone when this returns.
  void kill();

  std::string url() const { return "unix:" + socket().string(); }

 private:
  std::filesystem::path socket() const { return folder_ / "redis.sock"; }

  std::filesystem::path folder_;
  pid_t pid_ = -1;
};

}  // namespace mkt::load
