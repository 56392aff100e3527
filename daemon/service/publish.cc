// Publishing, top to bottom; see publish.h.
#include "daemon/service/publish.h"

#include <fmt/format.h>

#include <set>

#include "common/connector/tarball_reader.h"
#include "daemon/service/keys.h"

namespace mkt {
namespace {

std::vector<std::string> policy_classes_of(const Manifest& m) {
  std::set<std::string> classes;
  for (const Tool& tool : m.tools()) classes.emplace(policy_class_name(tool.policy_class));
  return {classes.begin(), classes.end()};
}

NewVersion describe(const Manifest& m, const BlobUpload& upload, const SignatureFile& signature,
                    UtcTime now) {
  NewVersion n;
  n.version.connector_id = m.id().text();
  n.version.version = m.version().text();
  n.version.manifest = dump_json(m.json());
  n.version.checksum = upload.checksum().text();
  n.version.size = upload.size();
  n.version.signature = dump_json(signature.json());
  n.version.signing_key_id = signature.key_id.text();
  n.version.published_at = now;
  n.version.published_by = signature.key_id.publisher().text();
  n.version.prerelease = m.prerelease();
  n.version.capabilities = m.capabilities();
  n.version.policy_classes = policy_classes_of(m);
  n.display_name = m.display_name();
  n.description = m.description();
  n.author = m.author();
  n.capabilities = m.capabilities();
  n.keywords = m.keywords();
  return n;
}

}  // namespace

Error tarball_too_large(std::uint64_t limit) {
  return Error(ErrorCode::tarball_too_large,
               fmt::format("the tarball is larger than the registry's limit of {} bytes; leave "
                           "files out with .mktignore",
                           limit));
}

Publication::Publication(const Marketplace& market, const Caller& caller, PublishRequest request,
                         PublicKey key, BlobUpload upload)
    : market_(market),
      caller_(caller),
      request_(std::move(request)),
      key_(key),
      upload_(std::move(upload)) {}

Result<Publication> Publication::begin(const Marketplace& market, const Caller& caller,
                                       PublishRequest request) {
  MKT_TRY(const PublicKey key, key_for_signature(market, caller, request.signature));
  MKT_TRY(BlobUpload upload, market.blobs.begin_upload());
  return Publication(market, caller, std::move(request), key, std::move(upload));
}

Status Publication::write(std::span<const std::uint8_t> bytes) {
  if (upload_.size() + bytes.size() > market_.limits().tarball_bytes) {
    return tarball_too_large(market_.limits().tarball_bytes);
  }
  return upload_.write(bytes);
}

Result<Store::Published> Publication::finish() {
  MKT_CHECK(upload_.finish());
  MKT_CHECK(verify_signature(request_.signature, upload_.checksum(), key_));
  MKT_TRY(const TarballContents contents, walk_tarball(file_source(upload_.fd(), "the tarball"),
                                                       market_.limits().archive, nullptr));
  MKT_CHECK(check_manifest(contents.manifest));
  MKT_CHECK(upload_.place());
  MKT_TRY(
      Store::Published published,
      market_.store.publish(describe(contents.manifest, upload_, request_.signature, market_.now()),
                            caller_.actor()));
  upload_.keep();
  return published;
}

// One source of truth: the manifest inside the signed bytes. What the request says must agree.
Status Publication::check_manifest(const Manifest& manifest) const {
  if (request_.id && *request_.id != manifest.id()) {
    return Error(ErrorCode::manifest_mismatch,
                 fmt::format("the tarball's manifest has the id {}, the request {}",
                             manifest.id().text(), request_.id->text()));
  }
  if (request_.version && *request_.version != manifest.version()) {
    return Error(ErrorCode::manifest_mismatch,
                 fmt::format("the tarball's manifest has the version {}, the request {}",
                             manifest.version().text(), request_.version->text()));
  }
  // Members may stand in another order: nlohmann's plain document compares by name.
  if (request_.manifest && nlohmann::json(*request_.manifest) != nlohmann::json(manifest.json())) {
    return Error(ErrorCode::manifest_mismatch,
                 "the manifest of the request is not the one in the tarball");
  }
  return {};
}

}  // namespace mkt
