// The body of a failed request: {error, code, message, requestId} and the error's own members.
//
// `code` and `message` are for clients of mkt's own protocol, `error` for those of the older one.
// It is a title by which they distinguish failures; but for publishing and installing it is the
// message, as they show nothing else there. For publishing the body also has `success: false`.
#pragma once

#include <string>

#include "common/base/json.h"
#include "common/base/result.h"
#include "daemon/http/message.h"

namespace mkt {

// {error, code, message, …} with the code's status and Retry-After, for a request to that path.
// `id` and `version` are those in the path, for a 404; empty where the path has none.
struct FailedRequest {
  std::string request_id;
  std::string path = {};
  std::string id = {};
  std::string version = {};
};
Response error_response(const Error& error, const FailedRequest& failed);
// For a request that could not be parsed.
inline Response error_response(const Error& error, const std::string& request_id) {
  return error_response(error, FailedRequest{request_id});
}

FailedRequest failed_request(const Request& request);

// Headers that an answer with this error has, whatever its body: Retry-After, WWW-Authenticate.
void add_error_headers(const Error& error, Response& response);

}  // namespace mkt
