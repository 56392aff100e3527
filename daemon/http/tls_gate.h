// TlsGate: the certificate that new TLS connections get, which may be replaced while the daemon
// runs, and a count of their handshakes.
//
// A pair of files that cannot be used never replaces one that can: connections go on with what was
// loaded last. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "common/base/live.h"
#include "common/base/result.h"
#include "daemon/http/tls_context.h"
#include "daemon/http/tls_session.h"

namespace mkt {

class TlsGate {
 public:
  // The error of TlsContext::load.
  static Result<std::unique_ptr<TlsGate>> open(const TlsFiles& files);

  // Null where there is no memory for it.
  std::unique_ptr<TlsSession> accept(int socket) const {
    return TlsSession::accept(*context_.get(), socket);
  }
  std::shared_ptr<const TlsContext> context() const { return context_.get(); }

  // These are the files from now on. Where they cannot be used, connections get what they got
  // before until load_changed finds them mended.
  Status load(const TlsFiles& files);
  // Loads the files anew where they have changed and then stayed the same from one call to the
  // next: who replaces them may need a moment. nullopt where there was nothing to do. Files that
  // cannot be used are tried again when they change again.
  std::optional<Status> load_changed();

  void count(bool succeeded) { ++(succeeded ? done_ : failed_); }
  std::uint64_t done() const { return done_; }
  std::uint64_t failed() const { return failed_; }

 private:
  // By what a file is known to be another one: device, inode, size, and the last change of
  // either its content or its mode.
  struct Stamp {
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::array<Stamp, 3>;  // certificate, key, authorities
  static Stamps stamps_of(const TlsFiles& files);

  TlsGate(TlsFiles files, const Stamps& stamps, TlsContext context)
      : context_(std::move(context)), files_(std::move(files)), tried_(stamps), seen_(stamps) {}

  Live<TlsContext> context_;
  std::mutex mutex_;  // for one load at a time
  TlsFiles files_;    // guarded by mutex_
  Stamps tried_;      // when they were loaded, or could not be; guarded by mutex_
  Stamps seen_;       // at the last look; guarded by mutex_
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> failed_{0};
};

}  // namespace mkt
