// Web: what all pages share, and how a page is asked for and sent.
//
// A page is a function from a Visit to a Response. It needs no script; its markup is made by Html
// (html.h), its frame by `page`. `add_page` stands around it: it finds the session, asks the
// gates that the route of the API with the same content has, makes pages of errors, and sets the
// headers that keep a browser from running or loading anything else. What somebody sees who has not
// signed in is the same for everybody and is kept by the server like other answers (kept_response);
// what somebody sees who has is sent to that one browser only. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/http/router.h"
#include "daemon/http/routes.h"
#include "daemon/service/sessions.h"
#include "daemon/web/html.h"
#include "daemon/web/kept_html.h"
#include "daemon/web/page_routes.h"

namespace mkt {

struct Web {
  explicit Web(WebParts all) : parts(std::move(all)), sessions(parts.market, parts.session_key) {}

  const WebParts parts;
  Sessions sessions;
  KeptHtml readmes;  // by checksum
  KeptHtml diffs;    // by two checksums

  const Marketplace& market() const { return parts.market; }
};

// One request for a page, and who asks.
struct Visit {
  Request& request;
  std::optional<Session> session;
  std::string_view cookie_name = {};  // under which the session came

  const Caller& caller() const { return request.caller; }
  std::string_view parameter(std::string_view name) const {
    return request.head.parameter(name).value_or("");
  }
};

using PageWork = std::function<Result<Response>(Web&, Visit&)>;

struct PageRules {
  // The route of the API with the same content or effect: tokens that may do less than their role
  // are kept to the same (token_scope_gate.h). Empty: none.
  std::string_view like = {};
  bool always_open = false;   // also where reads want a token
  bool same_for_all = false;  // nobody asks who visits
};
void add_page(Router& router, const std::shared_ptr<Web>& web, std::string_view method,
              std::string_view pattern, PageRules rules, PageWork work);

// Tells people in a browser that there is nothing to read, wherever no route reads.
void add_page_elsewhere(Router& router, const std::shared_ptr<Web>& web);

struct PageText {
  std::string title;
  Html body;
  std::string searched = {};  // stands in the search field
};
// Where the content is the same for everybody, `same_while` says how long; take it before reading.
Response page(const Web& web, const Visit& visit, const PageText& text,
              const std::optional<Freshness>& same_while = std::nullopt);

// 303: a browser that reloads the next page does not send the form again.
Response see_other(const Href& where);

// The path with the query of this request.
Href this_page(const Request& request);

}  // namespace mkt
