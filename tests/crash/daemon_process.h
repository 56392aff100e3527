// A real mktd as a child process of the test: started on a free port, killed without warning.
//
// It writes its log to DATA.log. Use from one thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace mkt {

struct DaemonOptions {
  // Tests do in seconds what people do in hours.
  std::vector<std::string> limits = {"publish=off",     "search=off", "download=off",
                                     "install=off",     "change=off", "register=off",
                                     "auth-failure=off"};
  std::vector<std::string> flags = {};
  std::string redis_url = {};  // empty: limits are counted in memory
};

class DaemonProcess {
 public:
  DaemonProcess(std::filesystem::path program, std::filesystem::path data,
                DaemonOptions options = {})
      : program_(std::move(program)), data_(std::move(data)), options_(std::move(options)) {}
  ~DaemonProcess() { kill(); }
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  // Returns the time until it answered. Throws where it exits or takes a minute.
  std::chrono::milliseconds start();
  // Sends SIGKILL, and waits until the process is gone.
  void kill();
  // Runs `mktd init` for that database; returns its exit status.
  int init(const std::string& database) const;
  // Runs `mktd check` on the folder, which no daemon may be using; returns its exit status.
  int check() const;

  const std::string& url() const { return url_; }
  pid_t pid() const { return pid_; }  // -1 while there is none
  std::string admin_token() const;

 private:
  int run(const std::vector<std::string>& operation) const;
  std::filesystem::path program_, data_;
  DaemonOptions options_;
  std::string url_;
  pid_t pid_ = -1;
};

}  // namespace mkt
