// Publishing a version: checked, kept and listed, or nothing at all.
//
//   Publication::begin   who may, is the signature file one that could be right
//   write …              the tarball's bytes, to disk and into the hash as they come
//   finish               checksum, signature, archive, manifest, then the commit
//
// A Publication that goes before `finish` has answered leaves no row and no file. One thread each.
#pragma once

#include <optional>
#include <span>

#include "common/connector/manifest.h"
#include "common/connector/version.h"
#include "common/signing/signature_file.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// What the request says it publishes: by its URL or, in the older protocol, by its body.
struct PublishRequest {
  SignatureFile signature;
  std::optional<ConnectorId> id;
  std::optional<Version> version;
  // The body's own copy of the manifest, which must equal the tarball's.
  std::optional<Json> manifest;
};

class Publication {
 public:
  // Those of key_for_signature.
  static Result<Publication> begin(const Marketplace& market, const Caller& caller,
                                   PublishRequest request);

  // tarball_too_large beyond the limit.
  Status write(std::span<const std::uint8_t> bytes);

  // checksum_mismatch, signature_invalid, archive_…, manifest_…, not_owner, version_exists.
  Result<Store::Published> finish();

 private:
  Publication(const Marketplace& market, const Caller& caller, PublishRequest request,
              PublicKey key, BlobUpload upload);

  Status check_manifest(const Manifest& manifest) const;

  const Marketplace& market_;
  const Caller& caller_;
  PublishRequest request_;
  PublicKey key_;
  BlobUpload upload_;
};

// 413 for a tarball of that size, with the limit and what to do.
Error tarball_too_large(std::uint64_t limit);

}  // namespace mkt
