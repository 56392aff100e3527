#include "daemon/service/publish.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/connector/tarball_reader.h"
#include "common/connector/visibility.h"
#include "daemon/rules/latest.h"
#include "daemon/rules/visibility.h"

namespace mkt {
namespace {

std::vector<std::string> policy_classes_of(const Manifest& m) {
  std::set<std::string> classes;
  for (const Tool& tool : m.tools()) classes.emplace(policy_class_name(tool.policy_class));
  const bool all_are_said =
      !m.tools().empty() &&
      std::none_of(m.shortcomings().begin(), m.shortcomings().end(),
                   [](const ErrorDetail& d) { return d.path.starts_with("tools"); });
  if (!all_are_said) classes.emplace(kUnknownPolicyClass);
  return {classes.begin(), classes.end()};
}

// The capabilities as policies see them: a word that no policy can name counts as custom.
std::vector<std::string> capabilities_for_policies(const Manifest& m) {
  const auto& known = known_capabilities();
  std::vector<std::string> words;
  for (const std::string& word : m.capabilities()) {
    const bool is_known = std::find(known.begin(), known.end(), word) != known.end();
    std::string counted = is_known ? word : "custom";
    if (std::find(words.begin(), words.end(), counted) == words.end()) {
      words.push_back(std::move(counted));
    }
  }
  return words;
}

NewVersion describe(const Manifest& m, const BlobUpload& upload, const SignatureFile& signature,
                    const KeyRecord& key, UtcTime now) {
  NewVersion n;
  n.version.connector_id = m.id().text();
  n.version.version = m.version().text();
  n.version.manifest = dump_json(m.json());
  n.version.checksum = upload.checksum().text();
  n.version.size = upload.size();
  n.version.signature = dump_json(signature.json());
  n.version.signing_key_id = key.key_id;
  n.version.signed_as = signature.key_id.text();
  n.version.key_fingerprint = key.fingerprint;
  n.version.published_at = now;
  n.version.published_by = key.publisher_id;
  n.version.prerelease = m.prerelease();
  n.version.capabilities = capabilities_for_policies(m);
  n.version.policy_classes = policy_classes_of(m);
  n.display_name = m.display_name();
  n.description = m.description();
  n.author = m.author();
  n.capabilities = m.capabilities();
  n.keywords = m.keywords();
  for (const auto& [id, range] : m.dependencies()) n.dependencies.push_back({id, range.text()});
  return n;
}

// What the publisher of an older connector should know.
std::vector<std::string> warnings_about(const Manifest& m) {
  std::vector<std::string> warnings;
  for (const ErrorDetail& d : m.shortcomings()) {
    warnings.push_back(fmt::format("connector.manifest.json: {}: {}; newer clients ask for it",
                                   d.path, d.message));
  }
  return warnings;
}

Error exists_with_other_bytes(const VersionRecord& existing) {
  return Error(ErrorCode::version_exists,
               fmt::format("{}@{} is published already with other bytes ({}); a published version "
                           "never changes, so raise the version",
                           existing.connector_id, existing.version, existing.checksum));
}

Error being_removed() {
  Error error(ErrorCode::overloaded,
              "the same bytes, which nothing referred to for long, are being removed just now; "
              "publish again");
  error.retry_after = std::chrono::seconds(2);
  return error;
}

// Whether a removal may have taken the tarball that was placed (records/removals.h).
Status require_tarball(Records& records, std::string_view checksum,
                       std::optional<std::int64_t> placed_after) {
  const auto removal = records.removals().find(checksum, Hold::shared);
  if (!removal || (removal->done_at && removal->number == placed_after)) return {};
  return being_removed();
}

void insert_connector(Change& change, const NewVersion& n, EntryRef published) {
  ConnectorRecord connector;
  connector.id = n.version.connector_id;
  connector.owner = n.version.published_by;
  connector.latest_version = n.version.version;
  connector.created_at = connector.updated_at = n.version.published_at;
  connector.visible_to = n.version.visible_to;
  change.records().catalog().insert_connector(connector, n);
  change.records().owners().insert(connector.id, {connector.owner, connector.created_at},
                                   published);
}

void update_connector(Change& change, const NewVersion& n, const ConnectorHead& head) {
  Catalog& catalog = change.records().catalog();
  const std::string& id = n.version.connector_id;
  catalog.set_updated(id, n.version.published_at);
  const auto latest = catalog.version_head(id, head.latest_version);
  if (!latest || becomes_latest(n.version, *latest)) catalog.set_latest(id, n.version.version, n);
}

Error visible_already(const std::string& id, const std::vector<std::string>& visible_to) {
  return Error(ErrorCode::visibility_differs,
               fmt::format("{0} is visible to {1} already; change that first: mkt visibility {0} "
                           "WHOM, and publish without saying so",
                           id, visibility_text(visible_to)));
}

// The same bytes again are no other publication.
Result<Published> published_before(VersionRecord existing, const VersionRecord& v) {
  if (existing.withdrawn_at) {
    return Error(ErrorCode::version_withdrawn,
                 fmt::format("{}@{} was withdrawn, and a number is never used again; raise the "
                             "version",
                             v.connector_id, v.version));
  }
  if (existing.checksum != v.checksum) return exists_with_other_bytes(existing);
  return Published{std::move(existing), false};
}

Result<Published> decide_to_publish(Change& change, const NewVersion& n,
                                    std::optional<std::int64_t> placed_after) {
  VersionRecord v = n.version;
  Records& records = change.records();
  MKT_TRY(const KeyRecord key, hold_signer(records, v.published_by, v.signing_key_id, change.at()));
  const auto head = records.catalog().connector_head(v.connector_id, Hold::exclusive);
  if (head) {
    MKT_CHECK(require_ownership(records, v, *head));
    if (n.says_visible_to && v.visible_to != head->visible_to) {
      return visible_already(v.connector_id, head->visible_to);
    }
    v.visible_to = head->visible_to;
  }
  if (auto existing = records.catalog().version(v.connector_id, v.version)) {
    return published_before(std::move(*existing), v);
  }
  MKT_CHECK(require_tarball(records, v.checksum, placed_after));
  Json document = signature_document(v, key);
  document["size"] = v.size;
  const EntryRef published =
      change.log("version.publish", fmt::format("{}@{}", v.connector_id, v.version), document);
  if (head) {
    update_connector(change, n, *head);
  } else {
    insert_connector(change, n, published);
  }
  records.catalog().insert_version(v, published);
  for (const DependencyRecord& d : n.dependencies) records.catalog().insert_dependency(v, d);
  return Published{std::move(v), true};
}

}  // namespace

Status require_ownership(const Records& records, const VersionRecord& v,
                         const ConnectorHead& connector) {
  if (records.owners().contains(v.connector_id, v.published_by)) return {};
  if (!is_for_everyone(connector.visible_to)) {
    return Error(ErrorCode::not_owner,
                 fmt::format("the id {} is taken; choose another one", v.connector_id));
  }
  return Error(
      ErrorCode::not_owner,
      fmt::format("{} belongs to the publisher {}; {} may not publish it; an owner can "
                  "change that: mkt owner add {} {}",
                  v.connector_id, connector.owner, v.published_by, v.connector_id, v.published_by));
}

Json signature_document(const VersionRecord& v, const KeyRecord& key) {
  const auto file = parse_json(v.signature, "the signature file");
  const std::string signature = file ? text_member(*file, "signature").value_or("") : "";
  return {{"connector", v.connector_id}, {"version", v.version}, {"checksum", v.checksum},
          {"publisher", v.published_by}, {"keyId", key.key_id},  {"publicKey", key.public_key},
          {"signature", signature}};
}

// The entry for the publication is the change's first; its number becomes the version's.
Result<Published> keep_version(const Marketplace& market, const Actor& actor,
                               const NewVersion& version,
                               std::optional<std::int64_t> placed_after) {
  return market.change(
      actor, version.version.published_at, Touches::connector(version.version.connector_id),
      [&](Change& change) { return decide_to_publish(change, version, placed_after); },
      [](Result<Published>& published, const EntryNumbers& numbers) {
        if (!published->is_new) return;
        published->version.seq = published->version.signature_seq = numbers.of(EntryRef{0});
      });
}

Result<std::optional<std::int64_t>> removal_to_place_after(const Marketplace& market,
                                                           std::string_view checksum) {
  MKT_TRY(const auto removal, market.read([&](const Records& records) {
    return records.removals().find(checksum, Hold::none);
  }));
  if (!removal || !removal->done_at) return std::optional<std::int64_t>();
  const auto wait = *removal->done_at + kRemovalMayBeLate - market.now();
  if (wait > wait.zero()) {
    Error error = being_removed();
    error.retry_after = std::chrono::duration_cast<std::chrono::milliseconds>(wait);
    return error;
  }
  return std::optional(removal->number);
}

Error tarball_too_large(SizeBound size) {
  Error error(
      ErrorCode::tarball_too_large,
      fmt::format("the tarball has {} bytes; the registry takes at most {}; leave files out "
                  "with .mktignore",
                  size.actual, size.most));
  error.size = size;
  return error;
}

Publication::Publication(const Marketplace& market, const Caller& caller, PublishRequest request,
                         Signer signer, BlobUpload upload)
    : market_(market),
      caller_(caller),
      request_(std::move(request)),
      signer_(std::move(signer)),
      upload_(std::move(upload)) {}

Result<Publication> Publication::begin(const Marketplace& market, const Caller& caller,
                                       PublishRequest request, BlobUpload upload) {
  MKT_TRY(Signer signer, signer_of(market, caller, request.signature));
  return Publication(market, caller, std::move(request), std::move(signer), std::move(upload));
}

Status Publication::write(std::span<const std::uint8_t> bytes) {
  const SizeBound size{market_.limits().tarball_bytes, upload_.size() + bytes.size()};
  if (size.actual > size.most) return tarball_too_large(size);
  return upload_.write(bytes);
}

Result<PublishOutcome> Publication::finish() {
  MKT_CHECK(upload_.finish());
  MKT_CHECK(verify_signature(request_.signature, upload_.checksum(), signer_.key));
  MKT_TRY(const TarballContents contents, walk_tarball(file_source(upload_.fd(), "the tarball"),
                                                       market_.limits().archive, nullptr));
  if (!request_.older) MKT_CHECK(contents.manifest.require_current());
  MKT_CHECK(check_manifest(contents.manifest));
  MKT_CHECK(require_connector(caller_, contents.manifest.id().text()));
  NewVersion version =
      describe(contents.manifest, upload_, request_.signature, signer_.record, market_.now());
  version.says_visible_to = request_.visible_to.has_value();
  version.version.visible_to = request_.visible_to.value_or(std::vector<std::string>());
  MKT_TRY(Published published, place_and_keep(version));
  upload_.keep();
  return PublishOutcome{std::move(published), warnings_about(contents.manifest)};
}

// The same bytes may have been removed lately, as nothing referred to them: then they are placed
// again, after that.
Result<Published> Publication::place_and_keep(const NewVersion& version) {
  MKT_CHECK(upload_.place());
  auto published = keep_version(market_, caller_.actor(), version);
  if (published || published.error().code != ErrorCode::overloaded) return published;
  MKT_TRY(const auto removal, removal_to_place_after(market_, version.version.checksum));
  if (!removal) return published;
  MKT_CHECK(upload_.place());
  return keep_version(market_, caller_.actor(), version, removal);
}

// The manifest inside the signed bytes decides; what the request says must agree with it.
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
  // The order of members does not matter: nlohmann's plain document compares by name.
  if (request_.manifest && nlohmann::json(*request_.manifest) != nlohmann::json(manifest.json())) {
    return Error(ErrorCode::manifest_mismatch,
                 "the manifest of the request is not the one in the tarball");
  }
  return {};
}

}  // namespace mkt
