// CertificateWatch: takes over the files of TLS when they change, such as after a renewal by
// certbot, and says so in the log.
//
// One thread, which looks about once a second; the destructor joins it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "daemon/http/tls_gate.h"

namespace mkt {

class CertificateWatch {
 public:
  explicit CertificateWatch(TlsGate& gate);
  ~CertificateWatch();
  CertificateWatch(const CertificateWatch&) = delete;
  CertificateWatch& operator=(const CertificateWatch&) = delete;

 private:
  void work();

  TlsGate& gate_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

// Say in the log what is served from now on, with a warning where clients will not accept it; or
// why the new files are not.
void log_certificate(const TlsContext& context);
void log_refused_certificate(const Error& error);

}  // namespace mkt
