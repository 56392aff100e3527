// SHA-256 by OpenSSL.
#include "common/connector/checksum.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::string_view kPrefix = "sha256:";
constexpr std::size_t kReadSize = 256 * 1024;

void require(int ok) {
  if (ok != 1) throw std::runtime_error("SHA-256 is not available in this OpenSSL");
}

// Fetched once: otherwise OpenSSL 3 looks the algorithm up by name at every use of EVP_sha256.
const EVP_MD* sha256() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return md;
}

}  // namespace

Result<Checksum> Checksum::parse(std::string_view text) {
  const std::string_view hex = text.starts_with(kPrefix) ? text.substr(kPrefix.size()) : text;
  const auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != kSize) {
    return Error(ErrorCode::invalid_input,
                 fmt::format("\"{}\" is not a checksum: write sha256: and 64 lower-case hex digits",
                             printable(text.substr(0, 80))));
  }
  std::array<std::uint8_t, kSize> digest{};
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return Checksum(digest);
}

Checksum Checksum::of(std::span<const std::uint8_t> bytes) {
  Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

std::string Checksum::hex() const { return to_hex(digest_); }

void Hasher::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Hasher::Hasher() : context_(EVP_MD_CTX_new()) {
  require(EVP_DigestInit_ex2(context_.get(), sha256(), nullptr));
}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::span<const std::uint8_t> bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

Checksum Hasher::finish() {
  std::array<std::uint8_t, Checksum::kSize> digest{};
  require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
  return Checksum(digest);
}

Result<Checksum> checksum_of_file(int fd, std::string_view name) {
  Hasher hasher;
  Bytes buffer(kReadSize);
  for (std::uint64_t offset = 0;;) {
    MKT_TRY(const std::size_t n, read_at(fd, buffer, offset, name));
    if (n == 0) return hasher.finish();
    hasher.update({buffer.data(), n});
    offset += n;
  }
}

}  // namespace mkt
