#include "common/signing/pkcs8_key.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <memory>

#include "common/base/utf8.h"

namespace mkt {
namespace {

// What OpenSSL's call-back needs, and what it found out.
struct PemPassphrase {
  const AskPassphrase& ask;
  bool was_asked = false;
  Status status = {};
};

// -1 where there is no passphrase: OpenSSL would ask for it by itself without this call-back.
int give_passphrase(char* into, int size, int /*for writing*/, void* user) {
  auto& passphrase = *static_cast<PemPassphrase*>(user);
  passphrase.was_asked = true;
  const auto given = passphrase.ask();
  if (!given) {
    passphrase.status = given.error();
    return -1;
  }
  const std::string_view text = given->text();
  if (text.size() > static_cast<std::size_t>(size)) return -1;
  text.copy(into, text.size());
  return static_cast<int>(text.size());
}

}  // namespace

Result<SecretKey> read_pkcs8_key(std::string_view pem, const AskPassphrase& ask) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> source(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  PemPassphrase passphrase{ask};
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(source.get(), nullptr, give_passphrase, &passphrase), &EVP_PKEY_free);
  ERR_clear_error();
  MKT_CHECK(passphrase.status);
  if (!key && passphrase.was_asked) {
    return Error(ErrorCode::passphrase_wrong,
                 "the passphrase does not open the private key in PEM, or the file is damaged");
  }
  if (!key) {
    return Error(ErrorCode::key_file_invalid, "the private key in PEM is damaged or not complete");
  }
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    const char* type = EVP_PKEY_get0_type_name(key.get());
    return Error(ErrorCode::key_invalid,
                 fmt::format("it is a key of the type {}; mkt signs with Ed25519 keys only",
                             type != nullptr ? printable(type) : "unknown"));
  }
  SecretBytes seed(SecretKey::kSeedSize);
  std::size_t size = seed.size();
  if (EVP_PKEY_get_raw_private_key(key.get(), seed.data(), &size) != 1 || size != seed.size()) {
    return Error(ErrorCode::key_file_invalid, "the private key in PEM is damaged");
  }
  return SecretKey::from_seed(
      std::span<const std::uint8_t, SecretKey::kSeedSize>(seed.data(), SecretKey::kSeedSize));
}

}  // namespace mkt
