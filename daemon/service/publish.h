// Publishing a version: it is checked, stored and listed, or nothing happens at all.
//
//   Publication::begin   is the caller allowed, and is the signature file plausible
//   write …              writes the tarball's bytes to disk and into the hash as they arrive; in
//                        the older protocol they arrive before the signature, in the upload
//   finish               checks checksum, signature, archive and manifest, then commits
//
// A Publication destroyed before `finish` succeeded leaves no row and no file. Use each from one
// thread.
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

// What the request claims to publish: by its URL or, in the older protocol, in its body.
struct PublishRequest {
  SignatureFile signature;
  std::optional<ConnectorId> id = {};
  std::optional<Version> version = {};
  // The body's own copy of the manifest. It must equal the manifest in the tarball.
  std::optional<Json> manifest = {};
  // Of a new connector. One that is there has it already, and must be asked to keep it.
  std::optional<std::vector<std::string>> visible_to = {};
  // For the older protocol: also accepts manifests that its registries accepted.
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
  // The bytes may come before the caller is known; `begin` takes this upload.
  static Result<BlobUpload> begin_upload(const Marketplace& market) {
    return market.blobs.begin_upload();
  }

  // The errors of signer_of.
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
  Result<Published> place_and_keep(const NewVersion& version);

  const Marketplace& market_;
  const Caller& caller_;
  PublishRequest request_;
  Signer signer_;
  BlobUpload upload_;
};

// The change alone. It decides again what may have changed since `begin`: the key is active
// (key_revoked), and so is its publisher (publisher_suspended); the connector is the publisher's or
// new (not_owner); the version is new or has the same checksum (version_exists). Its tarball is
// placed, and was not removed since (overloaded): `placed_after` is the removal that was done
// before it was placed, where there was one (records/removals.h).
Result<Published> keep_version(const Marketplace& market, const Actor& actor,
                               const NewVersion& version,
                               std::optional<std::int64_t> placed_after = {});

// For a publication that keep_version has refused because of a removal: after which one it may
// place the tarball again and commit; nullopt where there is none that is done. overloaded, with
// the time, while its requests may be late.
Result<std::optional<std::int64_t>> removal_to_place_after(const Marketplace& market,
                                                           std::string_view checksum);

// May that publisher publish versions of the connector? not_owner.
Status require_ownership(const Records& records, const VersionRecord& version,
                         const ConnectorHead& connector);

// What the log says about a signature: everything that a stranger needs to verify it.
Json signature_document(const VersionRecord& version, const KeyRecord& key);

// 413, with both sizes and what to do.
Error tarball_too_large(SizeBound size);

}  // namespace mkt
