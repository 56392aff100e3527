// What calls of Google's REST APIs have in common: their errors, and names in their URLs.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/http/http_client.h"

namespace mkt {

// Of an answer that is no success: what the service says of it. The code is
//   request_outdated      a precondition did not hold, or somebody else was changing it
//   invalid_request       it will never take this (400, 404, 413)
//   forbidden             401, 403
//   rate_limited, registry_unavailable   it may work later
// Reference: cloud.google.com/apis/design/errors.
Error google_error(std::string_view service, const HttpResponse& response);

// An answer that cannot be made sense of: registry_unavailable.
Error not_of_the_protocol(std::string_view service);

// Parts of a path in a URL; names may hold anything but '/', which stays.
std::string encode_url_path(std::string_view path);
// The same for one part, or a value in a query: '/' does not stay.
std::string encode_url_part(std::string_view part);

}  // namespace mkt
