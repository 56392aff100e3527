// CORS (https://fetch.spec.whatwg.org/#http-cors-protocol): which web pages may read an answer.
//
// What anyone may read, a page of any origin may: the answer says "*". To a page of an origin that
// an admin allowed it says that origin, whatever was asked. Tokens travel in a header of the page's
// own making and never as a cookie, so no answer allows credentials.
#pragma once

#include <string>
#include <string_view>

#include "daemon/http/message.h"
#include "daemon/http/request_head.h"

namespace mkt {

struct Cors {
  enum class Readers {
    same_origin,  // no word of it: the browser keeps other pages from the answer
    anyone,
    origin,  // the one that asked
  };
  Readers readers = Readers::same_origin;
  bool by_origin = false;  // others may get another answer: caches must know
  std::string origin;      // as the browser wrote it

  // Fields for the end of an answer's head, each with its CRLF.
  void append_to(std::string& head) const;
};

// GET, HEAD or OPTIONS without a token.
bool is_anonymous_read(const RequestHead& head);

// 204, the answer to OPTIONS on any path: what a page of that origin may send.
Response preflight_response(const Cors& cors);

}  // namespace mkt
