// The body of a failed request: {error, code, message, requestId} and what the error brings.
//
// `code` and `message` are for clients of mkt's own protocol. `error` is for those of the older
// one: a title by which they tell failures apart, but the sentence itself where they show nothing
// else, which is on publishing and installing. Publishing says `success: false` too.
#pragma once

#include <string>

#include "common/base/json.h"
#include "common/base/result.h"
#include "daemon/http/message.h"

namespace mkt {

// {error, code, message, …} with the code's status and Retry-After, for a request of that path.
// `id` and `version` are what the path names, for a 404; empty where it names none.
struct FailedRequest {
  std::string request_id;
  std::string path = {};
  std::string id = {};
  std::string version = {};
};
Response error_response(const Error& error, const FailedRequest& failed);
// Where the request itself was not understood.
inline Response error_response(const Error& error, const std::string& request_id) {
  return error_response(error, FailedRequest{request_id});
}

FailedRequest failed_request(const Request& request);

}  // namespace mkt
