// Publishing: the tarball as the body of PUT, or the older protocol's JSON by POST; and what can be
// said of a version later, another signature and that it is deprecated.
#include <fmt/format.h>

#include "common/base/encoding.h"
#include "common/connector/manifest.h"
#include "common/connector/visibility.h"
#include "common/wire/requests.h"
#include "daemon/http/fields.h"
#include "daemon/http/publish_body.h"
#include "daemon/http/rate_limit.h"
#include "daemon/http/routes.h"
#include "daemon/http/signature_schema.h"
#include "daemon/service/catalog.h"
#include "daemon/service/countersign.h"
#include "daemon/service/deprecate.h"
#include "daemon/service/owners.h"
#include "daemon/service/publish.h"
#include "daemon/service/record_messages.h"

namespace mkt {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

// What `mkt` reads of the version, and what clients of the older protocol look for. They compare
// the checksum with the one they sent.
Result<Response> answer(const Result<PublishOutcome>& outcome, const std::string& signed_text) {
  if (!outcome) return outcome.error();
  const wire::PublishedInfo info{version_message(outcome->published.version), signed_text,
                                 outcome->warnings};
  return json_response(outcome->published.is_new ? 201 : 200, info.to_json());
}

Status require_a_publisher(const Caller& caller) {
  if (caller.signed_in() && caller.role == Role::publisher) return {};
  return require_admin(caller);
}

// A publish of a publisher's own is counted before this, without its body having been read.
Status count_for_signer(const Marketplace& market, RateLimiter& limiter, Request& request,
                        const SignatureFile& signature) {
  if (!request.caller.is_admin()) return {};
  return count_request(limiter, LimitScope::publish,
                       {signing_subject(market, request.caller, signature), request.caller.address},
                       request);
}

Result<Response> put_version(const Marketplace& market, RateLimiter& limiter, Request& request) {
  MKT_TRY(const NamedVersion named, version_in_path(request));
  const auto header = from_base64(request.head.header("mkt-signature"));
  if (!header || header->empty()) {
    return Error(ErrorCode::signature_malformed,
                 "the header Mkt-Signature must hold the signature file in base64");
  }
  MKT_TRY(SignatureFile signature, SignatureFile::parse(as_text(*header)));
  MKT_CHECK(count_for_signer(market, limiter, request, signature));
  if (!request.head.content_length) {
    return Error(ErrorCode::length_required, "publishing needs a Content-Length");
  }
  if (request.body.length() > market.limits().tarball_bytes) {
    return tarball_too_large({market.limits().tarball_bytes, request.body.length()});
  }
  const std::string signed_text = signature.signed_text;
  PublishRequest publish{std::move(signature), named.id, named.version};
  if (const auto visibility = request.head.header("mkt-visibility"); !visibility.empty()) {
    MKT_TRY(publish.visible_to, parse_visibility(visibility));
  }
  MKT_TRY(BlobUpload upload, Publication::begin_upload(market));
  MKT_TRY(Publication publication,
          Publication::begin(market, request.caller, std::move(publish), std::move(upload)));
  Bytes buffer(kReadBytes);
  for (;;) {
    MKT_TRY(const std::size_t n, request.body.read(buffer));
    if (n == 0) break;
    MKT_CHECK(publication.write({buffer.data(), n}));
  }
  return answer(publication.finish(), signed_text);
}

Error json_body_too_large(SizeBound size) {
  Error error(
      ErrorCode::body_too_large,
      fmt::format("the body has {} bytes; at most {} are allowed here, which is about {} MiB "
                  "of tarball in base64; send a larger one with PUT "
                  "/v1/connectors/ID/VERSION, or have the registry's admin raise "
                  "max-json-bytes",
                  size.actual, size.most, size.most / 4 * 3 / (1024 * 1024)));
  error.size = size;
  return error;
}

// The older protocol's body, once it has been read; its tarball went into the upload.
struct OlderBody {
  SignatureFile signature;
  Json manifest;
};

Result<OlderBody> members_of(const Json& json) {
  std::vector<ErrorDetail> missing;
  const auto find = [&](const char* name, bool object) -> const Json* {
    const auto it = json.is_object() ? json.find(name) : json.end();
    if (it != json.end() && (object ? it->is_object() : it->is_string())) return &*it;
    missing.push_back({name, object ? "must be an object" : "must be a base64 string"});
    return nullptr;
  };
  const Json* const manifest = find("manifest", true);
  find("tarball", false);
  const Json* const signature = find("signature", true);
  if (!missing.empty()) {
    return Error(ErrorCode::invalid_request,
                 "the body must hold manifest (object), tarball (base64) and signature (object)",
                 std::move(missing));
  }
  MKT_TRY(SignatureFile file, SignatureFile::from_json(*signature));
  return OlderBody{std::move(file), *manifest};
}

// Reads the body into the upload, and the rest of it into memory.
Result<OlderBody> read_older_body(const Marketplace& market, BodyReader& body, BlobUpload& upload) {
  const std::uint64_t most = market.limits().tarball_bytes;
  std::uint64_t size = 0;
  PublishBody document([&](std::span<const std::uint8_t> bytes) -> Status {
    size += bytes.size();
    return size > most ? Status() : upload.write(bytes);  // what is too much is only counted
  });
  Bytes buffer(kReadBytes);
  for (;;) {
    MKT_TRY(const std::size_t n, body.read(buffer));
    if (n == 0) break;
    MKT_CHECK(document.feed({buffer.data(), n}));
  }
  MKT_TRY(const Json json, document.finish());
  if (size > most) return tarball_too_large({most, size});
  return members_of(json);
}

// {manifest, tarball, signature}, the way of the older protocol.
Result<Response> post_publish(const Marketplace& market, RateLimiter& limiter, Request& request) {
  MKT_CHECK(require_a_publisher(request.caller));
  const SizeBound size{market.limits().json_body_bytes, request.body.length()};
  if (size.actual > size.most) return json_body_too_large(size);
  MKT_TRY(BlobUpload upload, Publication::begin_upload(market));
  MKT_TRY(OlderBody body, read_older_body(market, request.body, upload));
  MKT_CHECK(count_for_signer(market, limiter, request, body.signature));
  const std::string signed_text = body.signature.signed_text;
  PublishRequest publish{std::move(body.signature)};
  publish.manifest = std::move(body.manifest);
  publish.older = true;
  MKT_TRY(Publication publication,
          Publication::begin(market, request.caller, std::move(publish), std::move(upload)));
  return answer(publication.finish(), signed_text);
}

// The older protocol's second step, after an upload to a bucket of its registry: here the bytes are
// there when the version is published.
Result<Response> post_connector(const Marketplace& market, Request& request) {
  MKT_CHECK(require_a_publisher(request.caller));
  MKT_TRY(const auto body,
          read_message<wire::Announcement>(request, kMaxManifestBytes + kMaxSmallBodyBytes));
  const auto id = ConnectorId::parse(body.connector_id);
  if (id) MKT_CHECK(require_connector(request.caller, id->text()));
  const auto version = Version::parse(body.version);
  const auto checksum = Checksum::parse(body.tarball_checksum);
  if (id && version && checksum) {
    const auto found = show_version(market, request.caller, *id, version->text());
    if (found && found->checksum == checksum->text()) {
      return json_response(201, wire::AnnouncedInfo{version_message(*found)}.to_json());
    }
  }
  return Error(ErrorCode::invalid_request,
               "these bytes are not here yet; send manifest, tarball and signature together with "
               "POST /v1/publish");
}

// Another signature over the bytes that are there.
Result<Response> put_signature(const Marketplace& market, Request& request) {
  MKT_TRY(const NamedVersion named, version_in_path(request));
  MKT_CHECK(request.caller.signed_in() ? Status() : require_admin(request.caller));
  MKT_TRY(const std::string body, read_body(request.body, kMaxSignatureFileBytes));
  MKT_TRY(const SignatureFile signature, SignatureFile::parse(body));
  MKT_TRY(const VersionRecord record,
          countersign(market, request.caller, named.id, named.version, signature));
  return json_response(200, version_message(record).to_json());
}

Result<Response> answer_deprecation(const Marketplace& market, Request& request,
                                    const std::optional<std::string>& reason) {
  MKT_TRY(const NamedVersion named, version_in_path(request));
  MKT_TRY(const VersionRecord record,
          set_deprecated(market, request.caller, named.id, named.version, reason));
  const wire::DeprecationInfo info{version_message(record), reason.value_or("")};
  return json_response(200, info.to_json());
}

Result<Response> deprecate(const Marketplace& market, Request& request) {
  MKT_TRY(const ConnectorId id, connector_in_path(request));
  MKT_CHECK(require_owner(market, request.caller, id));
  MKT_TRY(const auto body, read_message<wire::Deprecation>(request, kMaxSmallBodyBytes));
  return answer_deprecation(market, request, body.reason);
}

Result<Response> undo_deprecation(const Marketplace& market, Request& request) {
  return answer_deprecation(market, request, std::nullopt);
}

}  // namespace

void add_publish_routes(Router& router, const Marketplace& market, RateLimiter& limiter) {
  const auto counted = [&](Handler handler) {
    const auto subject = [](const Request& r) { return publishing_subject(r.caller); };
    return limited(limiter, LimitScope::publish, subject, std::move(handler));
  };
  router.section("Publishing", "New versions, their signatures, and that they are deprecated.");
  router.add("PUT", "/v1/connectors/{id}/{version}",
             Operation("publish", "Publish a version; the body is its tarball")
                 .for_tokens()
                 .header("Mkt-Signature", "The signature file in base64.")
                 .header("Mkt-Visibility",
                         "Of a new connector: everyone, or tenants: and their ids with commas "
                         "between.")
                 .takes("application/gzip")
                 .answers<wire::PublishedInfo>(200)
                 .answers<wire::PublishedInfo>(201),
             counted([&](Request& r) { return put_version(market, limiter, r); }));
  router.add("PUT", "/v1/connectors/{id}/{version}/signature",
             Operation("countersign", "Sign a version with another key of an owner")
                 .for_tokens()
                 .takes("application/json", signature_file_schema)
                 .answers<wire::VersionInfo>(),
             [&](Request& r) { return put_signature(market, r); });
  const std::string deprecation = "/v1/connectors/{id}/{version}/deprecate";
  router.add("POST", deprecation,
             Operation("deprecate", "Advise against a version")
                 .for_tokens()
                 .takes<wire::Deprecation>()
                 .answers<wire::DeprecationInfo>(),
             [&](Request& r) { return deprecate(market, r); });
  router.add(
      "DELETE", deprecation,
      Operation("undoDeprecation", "Take that back").for_tokens().answers<wire::DeprecationInfo>(),
      [&](Request& r) { return undo_deprecation(market, r); });
  router.add("POST", "/v1/connectors",
             Operation("announce", "Announce a version, as the older protocol does")
                 .for_tokens()
                 .takes<wire::Announcement>()
                 .answers<wire::AnnouncedInfo>(201),
             [&](Request& r) { return post_connector(market, r); });
  router.add("POST", "/v1/publish",
             Operation("publishJson", "Publish a version, as the older protocol does")
                 .for_tokens()
                 .takes("application/json", older_publish_schema)
                 .answers<wire::PublishedInfo>(200)
                 .answers<wire::PublishedInfo>(201),
             counted([&](Request& r) { return post_publish(market, limiter, r); }));
}

}  // namespace mkt
