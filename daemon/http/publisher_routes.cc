// Publishers and keys.
#include <fmt/format.h>

#include "common/base/utf8.h"
#include "daemon/http/byte_range.h"
#include "daemon/http/record_messages.h"
#include "daemon/http/routes.h"
#include "daemon/service/keys.h"

namespace mkt {
namespace {

constexpr std::uint64_t kMaxBodyBytes = 64 * 1024;
constexpr std::size_t kMaxDisplayName = 128;
constexpr std::size_t kMaxEmail = 254;  // RFC 5321's path, less its angle brackets

Result<std::string> required_text(const Json& json, const char* name, std::size_t limit) {
  const auto text = text_member(json, name);
  if (!text || text->empty() || count_code_points(*text) > limit ||
      has_control_characters(*text)) {
    return Error(ErrorCode::invalid_request,
                 fmt::format("{} must be a text of 1 to {} characters", name, limit),
                 {{name, "is missing, too long or holds control characters"}});
  }
  return *text;
}

Result<Response> register_one(const Marketplace& market, Request& request) {
  MKT_CHECK(require_admin(request.caller));
  MKT_TRY(const Json json, read_json_body(request, kMaxBodyBytes));
  MKT_TRY(const PublisherId id, PublisherId::parse(text_member(json, "id").value_or("")));
  MKT_TRY(std::string display_name, required_text(json, "displayName", kMaxDisplayName));
  MKT_TRY(std::string email, required_text(json, "email", kMaxEmail));
  if (email.find('@') == std::string::npos) {
    return Error(ErrorCode::invalid_request, "email must be an e-mail address",
                 {{"email", "has no @"}});
  }
  MKT_TRY(const PublicKey key, PublicKey::from_base64(text_member(json, "publicKey").value_or("")));
  MKT_TRY(const PublisherRecord publisher,
          register_publisher(market, request.caller,
                             {id, std::move(display_name), std::move(email), key}));
  MKT_TRY(const PublisherWithKeys shown, show_publisher(market, id));
  return json_response(201, publisher_message(shown.publisher, shown.keys).to_json());
}

Result<Response> show_one(const Marketplace& market, Request& request) {
  MKT_TRY(const PublisherId id, PublisherId::parse(request.path_parameter("id")));
  MKT_TRY(PublisherWithKeys shown, show_publisher(market, id));
  // Where to reach a publisher is for its own people and the admins.
  if (!require_publisher_or_admin(request.caller, id)) shown.publisher.email.clear();
  return json_response(200, publisher_message(shown.publisher, shown.keys).to_json());
}

Result<Response> list(const Marketplace& market, Request& request) {
  MKT_TRY(auto publishers, market.store.publishers());
  Json all = Json::array();
  for (PublisherRecord& p : publishers) {
    if (!request.caller.is_admin()) p.email.clear();
    all.push_back(publisher_message(p, {}).to_json());
  }
  return json_response(200, {{"publishers", all}});
}

Result<Response> key_list(const Marketplace& market, Request& request) {
  MKT_TRY(const KeyList keys, market.store.all_keys());
  const std::string etag = fmt::format("\"keys-{}\"", keys.sequence);
  Response response;
  if (etag_matches(request.head.header("if-none-match"), etag)) {
    response.status = 304;
  } else {
    wire::KeyListing listing;
    listing.sequence = keys.sequence;
    for (const KeyRecord& key : keys.keys) listing.keys.push_back(key_message(key));
    response = json_response(200, listing.to_json());
  }
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Cache-Control", "no-cache");
  return response;
}

}  // namespace

void add_publisher_routes(Router& router, const Marketplace& market) {
  router.add("POST", "/v1/publishers", [&](Request& r) { return register_one(market, r); });
  router.add("GET", "/v1/publishers", [&](Request& r) { return list(market, r); });
  router.add("GET", "/v1/publishers/{id}", [&](Request& r) { return show_one(market, r); });
  router.add("GET", "/v1/keys", [&](Request& r) { return key_list(market, r); });
}

}  // namespace mkt
