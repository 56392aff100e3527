#include "cli/import/integrity.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

#include "common/base/files.h"
#include "common/base/text.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxIntegrityText = 4096;

struct DigestKind {
  std::string_view name;
  std::size_t bytes;
  const EVP_MD* (*algorithm)();
};
// The strongest first.
constexpr auto kDigestKinds = std::to_array<DigestKind>({{"sha512", 64, &EVP_sha512},
                                                         {"sha384", 48, &EVP_sha384},
                                                         {"sha256", 32, &EVP_sha256},
                                                         {"sha1", 20, &EVP_sha1}});

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// The digests of that kind: each "KIND-BASE64", perhaps with "?" and options, between blanks.
// One that names the kind and is no digest of it is left out.
struct NamedDigests {
  bool named = false;
  std::vector<Bytes> digests;
};

NamedDigests digests_of(std::string_view text, const DigestKind& kind) {
  NamedDigests found;
  while (!(text = trim(text)).empty()) {
    std::string_view word = text.substr(0, text.find_first_of(" \t\r\n"));
    text.remove_prefix(word.size());
    word = word.substr(0, word.find('?'));
    const std::size_t dash = word.find('-');
    if (lower_case(word.substr(0, dash)) != kind.name) continue;
    found.named = true;
    if (dash != kind.name.size() || !word.starts_with(kind.name)) continue;
    auto digest = from_base64(word.substr(dash + 1));
    if (digest && digest->size() == kind.bytes) found.digests.push_back(std::move(*digest));
  }
  return found;
}

Result<Bytes> digest_of_file(int fd, std::string_view name, const EVP_MD* algorithm) {
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  if (!context || EVP_DigestInit_ex(context.get(), algorithm, nullptr) != 1) {
    return Error(ErrorCode::internal_error, "OpenSSL has no such digest");
  }
  Bytes buffer(256 * 1024);
  for (std::uint64_t offset = 0;;) {
    MKT_TRY(const std::size_t n, read_at(fd, buffer, offset, name));
    if (n == 0) break;
    EVP_DigestUpdate(context.get(), buffer.data(), n);
    offset += n;
  }
  Bytes digest(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  EVP_DigestFinal_ex(context.get(), digest.data(), &size);
  digest.resize(size);
  return digest;
}

}  // namespace

Result<Integrity> Integrity::parse(std::string_view integrity, std::string_view shasum) {
  if (integrity.size() <= kMaxIntegrityText) {
    for (const DigestKind& kind : kDigestKinds) {
      NamedDigests found = digests_of(integrity, kind);
      if (!found.digests.empty()) {
        return Integrity(std::string(kind.name), std::move(found.digests));
      }
      // A weaker one beside it would be no more than what is left of a digest that was spoilt.
      if (found.named) break;
    }
  }
  auto digest = from_hex(lower_case(shasum));
  if (integrity.empty() && digest && digest->size() == kDigestKinds.back().bytes) {
    return Integrity(std::string(kDigestKinds.back().name), {std::move(*digest)});
  }
  return Error(
      ErrorCode::checksum_mismatch,
      "the npm registry names no digest of the tarball that mkt knows, so nothing says that "
      "it is the right one");
}

Result<std::string> Integrity::check(int fd, std::string_view name) const {
  const auto kind = std::find_if(kDigestKinds.begin(), kDigestKinds.end(),
                                 [&](const DigestKind& k) { return k.name == algorithm_; });
  MKT_TRY(const Bytes is, digest_of_file(fd, name, kind->algorithm()));
  if (std::find(digests_.begin(), digests_.end(), is) == digests_.end()) {
    return Error(ErrorCode::checksum_mismatch,
                 fmt::format("{} has {}-{}, the npm registry says {}-{}", name, algorithm_,
                             to_base64(is), algorithm_, to_base64(digests_.front())));
  }
  return fmt::format("{}-{}", algorithm_, to_base64(is));
}

}  // namespace mkt
