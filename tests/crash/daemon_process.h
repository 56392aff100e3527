// A real mktd as a child of the test: started on a free port, killed without warning.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>

namespace mkt {

class DaemonProcess {
 public:
  DaemonProcess(std::filesystem::path program, std::filesystem::path data)
      : program_(std::move(program)), data_(std::move(data)) {}
  ~DaemonProcess() { kill(); }
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  // Until it answers; how long that took. Throws where it ends or takes a minute.
  std::chrono::milliseconds start();
  // SIGKILL, and gone when this returns.
  void kill();
  // `mktd check` on the folder, which no daemon may be using; its exit status.
  int check() const;

  const std::string& url() const { return url_; }
  std::string admin_token() const;

 private:
  std::filesystem::path program_, data_;
  std::string url_;
  pid_t pid_ = -1;
};

}  // namespace mkt
