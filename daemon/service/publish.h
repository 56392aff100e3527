// Publishing a version: checked, kept and listed, or nothing at all.
//
//   Publication::begin   who may, is the signature file one that could be right
//   write …              the tarball's bytes, to disk and into the hash as they come; by the older
//                        protocol they come before the signature, and go into the upload
//   finish               checksum, signature, archive, manifest, then the commit
//
// A Publication that goes before `finish` has answered leaves no row and no file. One thread each.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/connector/manifest.h"
#include "common/connector/version.h"
#include "common/signing/signature_file.h"
#include "daemon/service/keys.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// What the request says it publishes: by its URL or, in the older protocol, by its body.
struct PublishRequest {
  SignatureFile signature;
  std::optional<ConnectorId> id = {};
  std::optional<Version> version = {};
  // The body's own copy of the manifest, which must equal the tarball's.
  std::optional<Json> manifest = {};
  // By the older protocol: manifests that its registries took are taken.
  bool older = false;
};

struct Published {
  VersionRecord version;
  bool is_new = true;  // false: the same bytes were there already
};

struct PublishOutcome {
  Published published;
  std::vector<std::string> warnings;  // sentences
};

class Publication {
 public:
  // The bytes may come before it is known whose they are: an upload that `finish` takes.
  static Result<BlobUpload> begin_upload(const Marketplace& market) {
    return market.blobs.begin_upload();
  }

  // Those of signer_of.
  static Result<Publication> begin(const Marketplace& market, const Caller& caller,
                                   PublishRequest request, BlobUpload upload);

  // tarball_too_large beyond the limit.
  Status write(std::span<const std::uint8_t> bytes);

  // checksum_mismatch, signature_invalid, archive_…, manifest_…, not_owner, version_exists.
  Result<PublishOutcome> finish();

 private:
  Publication(const Marketplace& market, const Caller& caller, PublishRequest request,
              Signer signer, BlobUpload upload);

  Status check_manifest(const Manifest& manifest) const;

  const Marketplace& market_;
  const Caller& caller_;
  PublishRequest request_;
  Signer signer_;
  BlobUpload upload_;
};

// The commit: decides again what may have changed since `begin` looked. The key is active
// (key_revoked), its publisher too (publisher_suspended), the connector is the publisher's or new
// (not_owner), the version is new or has the same checksum (version_exists).
Result<Published> keep_version(const Marketplace& market, const Actor& actor,
                               const NewVersion& version);

// May that publisher publish versions of the connector? not_owner.
Status require_ownership(const Records& records, const VersionRecord& version,
                         const ConnectorHead& connector);

// What the log says of a signature: all that a stranger needs to check it.
Json signature_document(const VersionRecord& version, const KeyRecord& key);

// 413 with both sizes and what to do.
Error tarball_too_large(SizeBound size);

}  // namespace mkt
