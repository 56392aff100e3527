#include "daemon/http/tls_context.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::uint64_t kMaxPemBytes = 1024 * 1024;
// For TLS 1.2, where clients could otherwise choose ciphers without forward secrecy.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
// Names the sessions that may be resumed here.
constexpr std::string_view kSessions = "mktd";

template <auto release>
struct Releases {
  template <typename T>
  void operator()(T* object) const {
    release(object);
  }
};
using Certificate = std::unique_ptr<X509, Releases<X509_free>>;
using PrivatePart = std::unique_ptr<EVP_PKEY, Releases<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Releases<BIO_free>>;

Error wrong_file(std::string_view setting, const std::filesystem::path& file,
                 std::string_view what) {
  return Error(ErrorCode::usage_error,
               fmt::format("{}: {} {}", setting, printable(file.string()), what));
}

// The user as whom this process opens files.
std::string acting_user() {
  const passwd* const user = ::getpwuid(::geteuid());
  return user != nullptr ? user->pw_name : std::to_string(::geteuid());
}

Result<std::string> read_pem(std::string_view setting, const std::filesystem::path& file) {
  auto text = read_file(file, kMaxPemBytes);
  if (text) return std::move(*text);
  std::string why = text.error().message;
  if (::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) != 0 && errno == EACCES) {
    const std::string user = acting_user();
    why += fmt::format("; mktd reads it as the user {}: chown {} {}", user, user,
                       printable(file.string()));
  }
  return Error(ErrorCode::usage_error, std::move(why)).context(setting);
}

// OpenSSL's word for what went wrong last.
std::string openssl_reason() {
  const char* const reason = ::ERR_reason_error_string(::ERR_peek_last_error());
  return reason != nullptr ? reason : "unknown reason";
}

// True where another part begins after the last whole one, in whose first line the file ends:
// OpenSSL takes that for text between certificates.
bool ends_in_a_first_line(std::string_view pem) {
  const std::size_t last = pem.rfind("-----END ");
  return last != std::string_view::npos && pem.find("\n-", last) != std::string_view::npos;
}

// All certificates of a file, at least one. Text between them is skipped, as OpenSSL does.
Result<std::vector<Certificate>> read_certificates(std::string_view setting,
                                                   const std::filesystem::path& file) {
  MKT_TRY(const std::string text, read_pem(setting, file));
  const Bio bio(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::vector<Certificate> certificates;
  ::ERR_clear_error();
  while (X509* one = ::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(one);
  }
  const bool at_end = ERR_GET_REASON(::ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end || (!certificates.empty() && ends_in_a_first_line(text))) {
    return wrong_file(setting, file,
                      fmt::format("is damaged or not yet written whole: certificate {} cannot be "
                                  "read ({})",
                                  certificates.size() + 1,
                                  at_end ? std::string("it has no end") : openssl_reason()));
  }
  if (certificates.empty()) {
    return wrong_file(setting, file,
                      "has no certificate; it must be PEM, with -----BEGIN CERTIFICATE-----");
  }
  return certificates;
}

// Only its owner may be able to read it.
Status check_key_mode(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    return wrong_file("tls-key", file, fmt::format("cannot be read: {}", std::strerror(errno)));
  }
  const unsigned mode = status.st_mode & 07777U;
  if ((mode & 077U) == 0) return {};
  return wrong_file("tls-key", file,
                    fmt::format("can be read or changed by others than its owner (its mode is "
                                "{:04o}); run: chmod 600 {}",
                                mode, printable(file.string())));
}

// Asked for a passphrase. Without this OpenSSL would ask at the terminal.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Result<PrivatePart> read_private_part(const std::filesystem::path& file) {
  MKT_CHECK(check_key_mode(file));
  MKT_TRY(std::string text, read_pem("tls-key", file));
  const Bio bio(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  bool has_passphrase = false;
  ::ERR_clear_error();
  PrivatePart key(::PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, &has_passphrase));
  ::OPENSSL_cleanse(text.data(), text.size());
  if (key) return key;
  if (has_passphrase) {
    return wrong_file("tls-key", file,
                      fmt::format("has a passphrase, for which nobody can be asked; write the key "
                                  "without one: openssl pkey -in {} -out NEW",
                                  printable(file.string())));
  }
  return wrong_file("tls-key", file,
                    fmt::format("has no private key that can be read ({}); it must be PEM, with "
                                "-----BEGIN PRIVATE KEY-----",
                                openssl_reason()));
}

UtcTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (::ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return UtcTime(std::chrono::seconds(::timegm(&parts)));
}

// As RFC 2253 writes it, but with letters of other alphabets as they are.
std::string subject_of(const X509* certificate) {
  const Bio bio(::BIO_new(::BIO_s_mem()));
  const unsigned long flags = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  ::X509_NAME_print_ex(bio.get(), ::X509_get_subject_name(certificate), 0, flags);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

// Empty for a kind of name that is neither of a host nor an address.
std::string text_of(const GENERAL_NAME& name) {
  int type = 0;
  const auto* const value =
      static_cast<const ASN1_STRING*>(::GENERAL_NAME_get0_value(&name, &type));
  if (type != GEN_DNS && type != GEN_IPADD) return {};
  const unsigned char* const bytes = ::ASN1_STRING_get0_data(value);
  const int size = ::ASN1_STRING_length(value);
  if (type == GEN_DNS)
    return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = size == 4 ? AF_INET : AF_INET6;
  if (size != 4 && size != 16) return {};
  return ::inet_ntop(family, bytes, text.data(), text.size()) == nullptr ? "" : text.data();
}

std::vector<std::string> names_of(const X509* certificate) {
  using Names = std::unique_ptr<GENERAL_NAMES, Releases<GENERAL_NAMES_free>>;
  const Names all(static_cast<GENERAL_NAMES*>(
      ::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> names;
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    std::string name = text_of(*sk_GENERAL_NAME_value(all.get(), i));
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

// RFC 7301: HTTP/1.1, or a fatal alert for a client that offers other protocols only.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  constexpr std::string_view kHttp = "http/1.1";
  for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
    const unsigned char* const name = offered + at + 1;
    const std::size_t size = std::min<std::size_t>(offered[at], offered_size - at - 1);
    if (std::string_view(reinterpret_cast<const char*>(name), size) != kHttp) continue;
    *out = name;
    *out_size = static_cast<unsigned char>(size);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

Status use_certificates(SSL_CTX* context, const std::vector<Certificate>& chain,
                        const TlsFiles& files) {
  ::ERR_clear_error();
  if (::SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
    return wrong_file("tls-certificate", files.certificate,
                      fmt::format("cannot be used: {}", openssl_reason()));
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1) continue;
    return wrong_file("tls-certificate", files.certificate,
                      fmt::format("cannot be used: {}", openssl_reason()));
  }
  return {};
}

Status use_private_part(SSL_CTX* context, X509* certificate, const TlsFiles& files) {
  MKT_TRY(const PrivatePart key, read_private_part(files.key));
  if (::X509_check_private_key(certificate, key.get()) != 1) {
    return wrong_file("tls-key", files.key,
                      fmt::format("does not belong to the certificate in {}",
                                  printable(files.certificate.string())));
  }
  if (::SSL_CTX_use_PrivateKey(context, key.get()) == 1) return {};
  return wrong_file("tls-key", files.key, fmt::format("cannot be used: {}", openssl_reason()));
}

Status use_client_authorities(SSL_CTX* context, const TlsFiles& files) {
  MKT_TRY(const auto authorities, read_certificates("tls-client-ca", files.client_ca));
  for (const Certificate& authority : authorities) {
    ::X509_STORE_add_cert(::SSL_CTX_get_cert_store(context), authority.get());
    ::SSL_CTX_add_client_CA(context, authority.get());
  }
  ::SSL_CTX_set_verify(
      context,
      SSL_VERIFY_PEER | (files.clients_need_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
      nullptr);
  return {};
}

void set_protocol(SSL_CTX* context) {
  ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  ::SSL_CTX_set_cipher_list(context, kCiphers);
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  if (kernel_has_tls()) ::SSL_CTX_set_options(context, SSL_OP_ENABLE_KTLS);
  // An answer moves between buffers while it waits, and an idle connection keeps none.
  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
  // Or one call would read and answer everything that a client sends but its bytes.
  ::SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  ::SSL_CTX_set_read_ahead(context, 1);  // one call to the system for a record, not two
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_session_id_context(context,
                                   reinterpret_cast<const unsigned char*>(kSessions.data()),
                                   static_cast<unsigned>(kSessions.size()));
  ::SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

}  // namespace

Result<TlsContext> TlsContext::load(const TlsFiles& files) {
  TlsContext made(std::shared_ptr<SSL_CTX>(::SSL_CTX_new(::TLS_server_method()), ::SSL_CTX_free));
  SSL_CTX* const context = made.get();
  if (context == nullptr) {
    return Error(ErrorCode::internal_error,
                 fmt::format("OpenSSL cannot speak TLS: {}", openssl_reason()));
  }
  set_protocol(context);
  MKT_TRY(const auto chain, read_certificates("tls-certificate", files.certificate));
  MKT_CHECK(use_certificates(context, chain, files));
  MKT_CHECK(use_private_part(context, chain.front().get(), files));
  if (!files.client_ca.empty()) MKT_CHECK(use_client_authorities(context, files));
  made.subject_ = subject_of(chain.front().get());
  made.names_ = names_of(chain.front().get());
  made.valid_from_ = time_of(::X509_get0_notBefore(chain.front().get()));
  made.expires_ = time_of(::X509_get0_notAfter(chain.front().get()));
  return made;
}

bool kernel_has_tls() {
  static const bool has = [] {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // Only a connected socket takes it; where the kernel has none, it says ENOENT.
    return socket && (::setsockopt(socket.get(), IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") == 0 ||
                      errno == ENOTCONN);
  }();
  return has;
}

}  // namespace mkt
