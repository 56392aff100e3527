// CORS (https://fetch.spec.whatwg.org/#http-cors-protocol): which web pages may read an answer.
//
// What anyone may read, a page of any origin may read: the answer says "*". For a page of an origin
// that the admin allowed, every answer names that origin. Pages send tokens in a header of their
// own and never in a cookie, so no answer allows credentials.
#pragma once

#include <string>
#include <string_view>

#include "daemon/http/message.h"
#include "daemon/http/request_head.h"

namespace mkt {

struct Cors {
  enum class Readers {
    same_origin,  // no field: the browser hides the answer from other pages
    anyone,
    origin,  // the origin that asked
    mcp,     // anyone, with the fields that the MCP registry's API has on every answer
  };
  Readers readers = Readers::same_origin;
  bool by_origin = false;  // other origins may get another answer, which caches must know
  std::string origin;      // as written by the browser

  // Appends the fields to the end of an answer's head, each with its CRLF.
  void append_to(std::string& head) const;
};

// True for GET, HEAD or OPTIONS without a token.
bool is_anonymous_read(const RequestHead& head);

// 204, the answer to OPTIONS on any path: what a page of that origin may send.
Response preflight_response(const Cors& cors);

}  // namespace mkt
