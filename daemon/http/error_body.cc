#include "daemon/http/error_body.h"

#include <string_view>

#include "common/wire/messages.h"
#include "daemon/http/mcp_path.h"

namespace mkt {
namespace {

enum class Shown { title, sentence };

bool is_publishing(std::string_view path) { return path == "/v1/publish"; }

bool is_installing(std::string_view path) {
  return path.starts_with("/v1/tenants/") &&
         (path.find("/installs") != std::string_view::npos ||
          path.find("/install-requests") != std::string_view::npos);
}

Shown shown_for(std::string_view path) {
  return is_publishing(path) || is_installing(path) ? Shown::sentence : Shown::title;
}

// The few titles of the older protocol: by the code where it has its own title, else by the status.
std::string_view title_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::connector_not_found:
      return "Connector not found";
    case ErrorCode::version_not_found:
      return "Version not found";
    case ErrorCode::tarball_too_large:
    case ErrorCode::body_too_large:
      return "Tarball too large";
    case ErrorCode::checksum_mismatch:
      return "Tarball checksum mismatch";
    case ErrorCode::archive_invalid:
    case ErrorCode::archive_unsafe:
      return "Invalid tarball format";
    case ErrorCode::key_unknown:
      return "Publisher not registered";
    default:
      break;
  }
  switch (http_status(code)) {
    case 400:
    case 422:
      return "Validation failed";
    case 401:
      return "Authentication required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not found";
    case 409:
      return "Conflict";
    case 413:
      return "Too large";
    case 429:
      return "Rate limit exceeded";
    case 503:
      return "Service unavailable";
    case 507:
      return "Storage full";
    default:
      return http_status(code) >= 500 ? "Internal server error" : "Request refused";
  }
}

// What the MCP registry's API says.
std::string_view mcp_title_of(ErrorCode code) {
  if (http_status(code) == 404) return "Server not found";
  if (code == ErrorCode::not_implemented) return "Publishing is not supported by this registry";
  return title_of(code);
}

std::optional<std::chrono::seconds> wait_of(const Error& error) {
  using std::chrono::seconds;
  if (error.retry_after) return std::chrono::ceil<seconds>(*error.retry_after);
  const bool comes_back =
      error.code == ErrorCode::overloaded || error.code == ErrorCode::in_progress;
  return comes_back ? std::optional(seconds(1)) : std::nullopt;
}

}  // namespace

void add_error_headers(const Error& error, Response& response) {
  if (error.code == ErrorCode::unauthorized) {
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
  }
  if (const auto wait = wait_of(error)) {
    response.headers.emplace_back("Retry-After", std::to_string(wait->count()));
  }
}

Response error_response(const Error& error, const FailedRequest& failed) {
  wire::ErrorInfo info;
  if (is_publishing(failed.path)) info.success = false;
  info.error = shown_for(failed.path) == Shown::sentence ? std::string_view(error.message)
               : is_mcp_path(failed.path)                ? mcp_title_of(error.code)
                                                         : title_of(error.code);
  info.code = error_code_name(error.code);
  info.message = error.message;
  for (const ErrorDetail& d : error.details) info.details.push_back({d.path, d.message});
  if (http_status(error.code) == 404) {
    info.id = failed.id;
    if (error.code == ErrorCode::version_not_found) info.version = failed.version;
  }
  if (error.size) {
    info.max_size = error.size->most;
    info.actual_size = error.size->actual;
  }
  const auto wait = wait_of(error);
  if (http_status(error.code) == 429 && wait) info.retry_after = wait->count();
  info.request_id = failed.request_id;
  Response response = json_response(http_status(error.code), info.to_json());
  add_error_headers(error, response);
  return response;
}

FailedRequest failed_request(const Request& request) {
  const auto parameter = [&](std::string_view name) {
    const auto it = request.path_parameters.find(name);
    return it == request.path_parameters.end() ? std::string() : it->second;
  };
  return {request.caller.request_id, request.head.path, parameter("id"), parameter("version")};
}

}  // namespace mkt
