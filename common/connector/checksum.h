// Checksum: the SHA-256 (FIPS 180-4) of a tarball or a file, written `sha256:` and 64 hex digits.
//
// Hashing is OpenSSL's EVP, which uses the processor's SHA instructions.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"

struct evp_md_ctx_st;

namespace mkt {

class Checksum {
 public:
  static constexpr std::size_t kSize = 32;

  explicit Checksum(std::array<std::uint8_t, kSize> digest) : digest_(digest) {}

  // Accepts `sha256:` and the hex digits or, for clients of the older protocol, the hex digits
  // alone.
  static Result<Checksum> parse(std::string_view text);
  static Checksum of(std::span<const std::uint8_t> bytes);

  std::string hex() const;
  std::string text() const { return "sha256:" + hex(); }
  std::span<const std::uint8_t> bytes() const { return digest_; }
  friend bool operator==(const Checksum&, const Checksum&) = default;

 private:
  std::array<std::uint8_t, kSize> digest_;
};

// SHA-256 of data that arrives piece by piece. Not thread-safe.
class Hasher {
 public:
  Hasher();
  Hasher(Hasher&&) noexcept;
  ~Hasher();

  void update(std::span<const std::uint8_t> bytes);
  // Returns the checksum; the hasher cannot be used afterwards.
  Checksum finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// Reads an open file from its start.
Result<Checksum> checksum_of_file(int fd, std::string_view name);

}  // namespace mkt
