// Integrity: the digest that a file must have, as npm's registries name it: "sha512-…" in base64
// (W3C's Subresource Integrity, 3.5), or in documents that are older than that a SHA-1 in hex.
//
// Where several are named, the strongest kind counts, as the standard says; any digest of that kind
// may be the file's. Unlike the standard, a kind that is named without a sound digest does not
// leave the word to a weaker one. Immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/encoding.h"
#include "common/base/result.h"

namespace mkt {

class Integrity {
 public:
  // `shasum` counts only where `integrity` is empty. checksum_mismatch where neither names a digest
  // that is known here, or the strongest kind is malformed: then nothing says that the file is the
  // right one.
  static Result<Integrity> parse(std::string_view integrity, std::string_view shasum);

  // Reads the open file from its start. The digest that it has, written "sha512-…"; or
  // checksum_mismatch.
  Result<std::string> check(int fd, std::string_view name) const;

  // True for SHA-1, of which two files with one digest can be made.
  bool is_weak() const { return algorithm_ == "sha1"; }

 private:
  Integrity(std::string algorithm, std::vector<Bytes> digests)
      : algorithm_(std::move(algorithm)), digests_(std::move(digests)) {}

  std::string algorithm_;  // "sha512"
  std::vector<Bytes> digests_;
};

}  // namespace mkt
