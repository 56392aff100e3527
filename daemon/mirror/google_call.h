// What calls of Google's REST APIs share: errors, and names in URLs.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/http/http_client.h"

namespace mkt {

// The error for an unsuccessful response, with the service's own message. The code is
//   request_outdated      a precondition did not hold, or somebody else was changing it
//   invalid_request       it will never accept this (400, 404, 413)
//   forbidden             401, 403
//   rate_limited, registry_unavailable   it may work later
// Reference: cloud.google.com/apis/design/errors.
Error google_error(std::string_view service, const HttpResponse& response);

// The error for a response that makes no sense: registry_unavailable.
Error not_of_the_protocol(std::string_view service);

// Encodes a path in a URL. The '/' between names stays; names may contain any other byte.
std::string encode_url_path(std::string_view path);
// Encodes one part of a path, or a value in a query; a '/' is encoded too.
std::string encode_url_part(std::string_view part);

}  // namespace mkt
