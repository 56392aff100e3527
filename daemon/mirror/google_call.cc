#include "daemon/mirror/google_call.h"

#include <fmt/format.h>

#include "common/base/json.h"
#include "common/base/url.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxMessageShown = 300;

ErrorCode code_of(int status, const std::string& word) {
  if (word == "FAILED_PRECONDITION" || word == "ALREADY_EXISTS" || word == "ABORTED" ||
      status == 412) {
    return ErrorCode::request_outdated;
  }
  if (status == 401 || status == 403) return ErrorCode::forbidden;
  if (status == 429) return ErrorCode::rate_limited;
  if (status == 408 || status / 100 == 5) return ErrorCode::registry_unavailable;
  return ErrorCode::invalid_request;
}

}  // namespace

// The body is {"error": {"message", "status"}}, or a list of one such object.
Error google_error(std::string_view service, const HttpResponse& response) {
  std::string message, word;
  if (auto json = parse_json(response.body, "the answer")) {
    const Json& first = json->is_array() && !json->empty() ? (*json)[0] : *json;
    if (first.is_object() && first.contains("error") && first["error"].is_object()) {
      message = text_member(first["error"], "message").value_or("");
      word = text_member(first["error"], "status").value_or("");
    }
  }
  std::string text = fmt::format("{} answers HTTP {}", service, response.status);
  if (!word.empty()) text.append(" ").append(printable(word));
  if (!message.empty()) text.append(": ").append(printable(message.substr(0, kMaxMessageShown)));
  Error error(code_of(response.status, word), std::move(text));
  error.retry_after = response.retry_after;
  return error;
}

Error not_of_the_protocol(std::string_view service) {
  return Error(ErrorCode::registry_unavailable,
               fmt::format("{}'s answer does not follow its protocol", service));
}

std::string encode_url_path(std::string_view path) { return percent_encode(path, "-._~/@()"); }
std::string encode_url_part(std::string_view part) { return percent_encode(part); }

}  // namespace mkt
