// Publishing: the tarball as the body of PUT, or the older protocol's JSON by POST; and what can be
// said of a version later, another signature and that it is deprecated.
#include <fmt/format.h>

#include "common/base/encoding.h"
#include "daemon/http/fields.h"
#include "daemon/http/rate_limit.h"
#include "daemon/http/record_messages.h"
#include "daemon/http/routes.h"
#include "daemon/service/countersign.h"
#include "daemon/service/deprecate.h"
#include "daemon/service/owners.h"
#include "daemon/service/publish.h"

namespace mkt {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::size_t kMaxReason = 500;

Result<Response> answer(const Result<Store::Published>& published) {
  if (!published) return published.error();
  return json_response(published->is_new ? 201 : 200,
                       version_message(published->version).to_json());
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
  MKT_TRY(const ConnectorId id, ConnectorId::parse(request.path_parameter("id")));
  MKT_TRY(const Version version, Version::parse(request.path_parameter("version")));
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
    return Error(ErrorCode::tarball_too_large,
                 fmt::format("the tarball has {} bytes; the registry takes at most {}; leave files "
                             "out with .mktignore",
                             request.body.length(), market.limits().tarball_bytes));
  }
  MKT_TRY(Publication publication,
          Publication::begin(market, request.caller,
                             {std::move(signature), id, version, std::nullopt}));
  Bytes buffer(kReadBytes);
  for (;;) {
    MKT_TRY(const std::size_t n, request.body.read(buffer));
    if (n == 0) break;
    MKT_CHECK(publication.write({buffer.data(), n}));
  }
  return answer(publication.finish());
}

// {manifest, tarball, signature}: needs the whole body in memory, so the limit is its size.
Result<Response> post_publish(const Marketplace& market, RateLimiter& limiter, Request& request) {
  MKT_CHECK(request.caller.signed_in() ? Status() : require_admin(request.caller));
  if (request.body.length() > market.limits().json_body_bytes) {
    return Error(ErrorCode::body_too_large,
                 fmt::format("the body has {} bytes; at most {} are allowed here, which is about "
                             "{} MiB of tarball in base64; larger ones go to PUT "
                             "/v1/connectors/ID/VERSION",
                             request.body.length(), market.limits().json_body_bytes,
                             market.limits().json_body_bytes / 4 * 3 / (1024 * 1024)));
  }
  Bytes tarball;
  std::optional<SignatureFile> signature;
  Json manifest;
  {
    MKT_TRY(Json json, read_json_body(request, market.limits().json_body_bytes));
    const auto find = [&](const char* name) {
      const auto it = json.find(name);
      return it == json.end() ? nullptr : &*it;
    };
    const Json* manifest_field = find("manifest");
    const Json* tarball_field = find("tarball");
    const Json* signature_field = find("signature");
    if (manifest_field == nullptr || !manifest_field->is_object() || signature_field == nullptr ||
        tarball_field == nullptr || !tarball_field->is_string()) {
      return Error(ErrorCode::invalid_request,
                   "the body must hold manifest (object), tarball (base64) and signature (object)");
    }
    MKT_TRY(signature, SignatureFile::from_json(*signature_field));
    MKT_CHECK(count_for_signer(market, limiter, request, *signature));
    auto bytes = from_base64(tarball_field->get_ref<const std::string&>());
    if (!bytes) return Error(ErrorCode::invalid_request, "tarball is not base64");
    tarball = std::move(*bytes);
    manifest = std::move(json["manifest"]);
  }
  MKT_TRY(Publication publication, Publication::begin(market, request.caller,
                                                      {std::move(*signature), std::nullopt,
                                                       std::nullopt, std::move(manifest)}));
  MKT_CHECK(publication.write(tarball));
  return answer(publication.finish());
}

// Another signature over the bytes that are there.
Result<Response> put_signature(const Marketplace& market, Request& request) {
  MKT_TRY(const ConnectorId id, ConnectorId::parse(request.path_parameter("id")));
  MKT_TRY(const Version version, Version::parse(request.path_parameter("version")));
  MKT_CHECK(request.caller.signed_in() ? Status() : require_admin(request.caller));
  MKT_TRY(const std::string body, read_body(request.body, kMaxSignatureFileBytes));
  MKT_TRY(const SignatureFile signature, SignatureFile::parse(body));
  MKT_TRY(const VersionRecord record, countersign(market, request.caller, id, version, signature));
  return json_response(200, version_message(record).to_json());
}

Result<Response> deprecate(const Marketplace& market, Request& request, bool undo) {
  MKT_TRY(const ConnectorId id, ConnectorId::parse(request.path_parameter("id")));
  MKT_TRY(const Version version, Version::parse(request.path_parameter("version")));
  std::optional<std::string> reason;
  if (!undo) {
    MKT_CHECK(require_owner(market, request.caller, id));
    MKT_TRY(const Json json, read_json_body(request, kMaxSmallBodyBytes));
    MKT_TRY(reason, required_text(json, "reason", kMaxReason));
  }
  MKT_TRY(const VersionRecord record, set_deprecated(market, request.caller, id, version, reason));
  return json_response(200, version_message(record).to_json());
}

}  // namespace

void add_publish_routes(Router& router, const Marketplace& market, RateLimiter& limiter) {
  const auto counted = [&](Handler handler) {
    const auto subject = [](const Request& r) { return publishing_subject(r.caller); };
    return limited(limiter, LimitScope::publish, subject, std::move(handler));
  };
  router.add("PUT", "/v1/connectors/{id}/{version}",
             counted([&](Request& r) { return put_version(market, limiter, r); }));
  router.add("PUT", "/v1/connectors/{id}/{version}/signature",
             [&](Request& r) { return put_signature(market, r); });
  const std::string deprecation = "/v1/connectors/{id}/{version}/deprecate";
  router.add("POST", deprecation, [&](Request& r) { return deprecate(market, r, false); });
  router.add("DELETE", deprecation, [&](Request& r) { return deprecate(market, r, true); });
  router.add("POST", "/v1/publish",
             counted([&](Request& r) { return post_publish(market, limiter, r); }));
}

}  // namespace mkt
