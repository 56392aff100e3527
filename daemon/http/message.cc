// Making answers and reading bodies; see message.h.
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

Response error_response(const Error& error, const std::string& request_id) {
  Json details = Json::array();
  for (const ErrorDetail& d : error.details) {
    details.push_back({{"path", d.path}, {"message", d.message}});
  }
  // `error` repeats the message: what clients of the older protocol show.
  Response response = json_response(http_status(error.code), {{"error", error.message},
                                                              {"code", error_code_name(error.code)},
                                                              {"message", error.message},
                                                              {"details", details},
                                                              {"requestId", request_id}});
  if (error.code == ErrorCode::unauthorized) {
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
  }
  using std::chrono::seconds;
  const bool comes_back =
      error.code == ErrorCode::overloaded || error.code == ErrorCode::in_progress;
  if (error.retry_after) {
    const auto wait = std::chrono::ceil<seconds>(*error.retry_after);
    response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
  } else if (comes_back) {
    response.headers.emplace_back("Retry-After", "1");
  }
  return response;
}

Result<std::string> read_body(BodyReader& body, std::uint64_t limit) {
  if (body.length() > limit) {
    return Error(
        ErrorCode::body_too_large,
        fmt::format("the body has {} bytes; at most {} are allowed here", body.length(), limit));
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
