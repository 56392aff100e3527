// Makes answers and reads bodies.
#include "daemon/http/message.h"

#include <fmt/format.h>

#include "common/base/encoding.h"
#include "common/connector/checksum.h"
#include "daemon/http/byte_range.h"

namespace mkt {

Response json_response(int status, const Json& json) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = dump_json(json);
  return response;
}

Response kept_response(const Request& request, const Freshness& same_while,
                       std::string content_type, std::string body) {
  constexpr std::size_t kEtagDigits = 32;
  const std::string etag =
      fmt::format("\"{}\"", Checksum::of(as_bytes(body)).hex().substr(0, kEtagDigits));
  Response response;
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Cache-Control", "no-cache");
  if (etag_matches(request.head.header("if-none-match"), etag)) {
    response.status = 304;
    return response;
  }
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  response.same_while = same_while;
  return response;
}

void keep_from_others(Response& response) {
  constexpr std::string_view kPublic = "public, ";
  response.same_while.reset();
  for (auto& [name, value] : response.headers) {
    if (name != "Cache-Control") continue;
    if (value.starts_with(kPublic)) value.erase(0, kPublic.size());
    if (value != "no-store" && !value.starts_with("private")) value.insert(0, "private, ");
    return;
  }
  response.headers.emplace_back("Cache-Control", "private");
}

Result<std::string> read_body(BodyReader& body, std::uint64_t limit) {
  if (body.length() > limit) {
    Error error(
        ErrorCode::body_too_large,
        fmt::format("the body has {} bytes; at most {} are allowed here", body.length(), limit));
    error.size = {limit, body.length()};
    return error;
  }
  std::string text(body.length(), '\0');
  for (std::size_t done = 0; done < text.size();) {
    MKT_TRY(const std::size_t n,
            body.read({reinterpret_cast<std::uint8_t*>(text.data()) + done, text.size() - done}));
    done += n;
  }
  return text;
}

Result<Json> read_json_body(Request& request, std::uint64_t limit) {
  MKT_TRY(const std::string text, read_body(request.body, limit));
  MKT_TRY(Json json, parse_json(text, "the body"));
  if (!json.is_object()) return Error(ErrorCode::invalid_json, "the body must be a JSON object");
  return json;
}

}  // namespace mkt
