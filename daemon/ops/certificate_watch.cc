#include "daemon/ops/certificate_watch.h"

#include <pthread.h>

#include <chrono>

#include "common/base/log.h"
#include "common/base/utc_time.h"

namespace mkt {
namespace {

constexpr std::chrono::seconds kLookEvery{1};
// Certificates are usually renewed a month before they expire.
constexpr std::chrono::days kSoon{7};

}  // namespace

CertificateWatch::CertificateWatch(TlsGate& gate) : gate_(gate), thread_([this] { work(); }) {}

CertificateWatch::~CertificateWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void CertificateWatch::work() {
  ::pthread_setname_np(::pthread_self(), "certificates");
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kLookEvery, [this] { return stopping_; })) {
    const auto loaded = gate_.load_changed();
    if (!loaded) continue;
    if (*loaded) {
      log_certificate(*gate_.context());
    } else {
      log_refused_certificate(loaded->error());
    }
  }
}

void log_certificate(const TlsContext& context) {
  const UtcTime now = utc_now();
  LogLevel level = LogLevel::info;
  std::string_view what = "TLS certificate loaded";
  if (context.expires() <= now) {
    level = LogLevel::error;
    what = "the TLS certificate has expired, and clients refuse it";
  } else if (context.valid_from() > now) {
    level = LogLevel::warning;
    what = "the TLS certificate is not valid yet, and clients refuse it";
  } else if (context.expires() - now < kSoon) {
    level = LogLevel::warning;
    what = "the TLS certificate expires soon";
  }
  log_event(
      level, what,
      {{"expires", format_utc(context.expires())}, {"ktls", kernel_has_tls() ? "yes" : "no"}});
}

void log_refused_certificate(const Error& error) {
  log_event(LogLevel::error, "the new TLS certificate was refused, and the present one is kept",
            {{"reason", error.message}});
}

}  // namespace mkt
