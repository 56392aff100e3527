// TlsContext: the daemon's certificate, its key, and how it speaks TLS, as OpenSSL's SSL_CTX.
//
// TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers; HTTP/1.1 by ALPN; no
// renegotiation, no compression, no early data. Sessions are resumed by tickets, which only this
// very context can read: whoever comes back after a reload shakes hands anew.
//
// Files are read whole and checked before anything is served with them. A session holds its own
// reference, so a context may be dropped while connections use it. Immutable; thread-safe.
#pragma once

#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/utc_time.h"

namespace mkt {

// PEM files.
struct TlsFiles {
  std::filesystem::path certificate;  // the server's, then those between it and its authority
  std::filesystem::path key;          // without a passphrase; for its owner only
  std::filesystem::path client_ca;  // of the authorities that sign clients' certificates, or empty
  bool clients_need_certificate =
      false;  // with client_ca; otherwise one is checked where it is given

  bool operator==(const TlsFiles&) const = default;
};

class TlsContext {
 public:
  // usage_error with the file, what is wrong with it, and where possible what to do.
  static Result<TlsContext> load(const TlsFiles& files);

  SSL_CTX* get() const { return context_.get(); }
  // Of the server's certificate. The names are those it is for: of hosts and addresses.
  const std::string& subject() const { return subject_; }
  const std::vector<std::string>& names() const { return names_; }
  UtcTime valid_from() const { return valid_from_; }
  UtcTime expires() const { return expires_; }

 private:
  explicit TlsContext(std::shared_ptr<SSL_CTX> context) : context_(std::move(context)) {}

  std::shared_ptr<SSL_CTX> context_;
  std::string subject_;  // as RFC 2253 writes it; may be empty
  std::vector<std::string> names_;
  UtcTime valid_from_{};
  UtcTime expires_{};
};

// Whether the kernel can encrypt what a socket sends (kTLS), so that files need not pass through
// this process.
bool kernel_has_tls();

}  // namespace mkt
