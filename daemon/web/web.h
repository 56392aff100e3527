// Web: what all pages share, and how a page is asked for and sent.
//
// A page is a function from a Visit to a Response. It needs no script; its markup is made by Html
// (html.h), its frame by `page`. `page_handler` stands around it: it finds the session, asks the
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
#include "daemon/web/html.h"
#include "daemon/web/kept_html.h"
#include "daemon/web/page_routes.h"
#include "daemon/web/sessions.h"

namespace mkt {

struct Web {
  explicit Web(WebParts all) : parts(std::move(all)), sessions(parts.market.now) {}

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
  bool always_open = false;  // also where reads want a token
};
void add_page(Router& router, const std::shared_ptr<Web>& web, std::string_view method,
              std::string_view pattern, PageRules rules, PageWork work);

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

// The fields of a form's body; form_refused where the request came from elsewhere or is no form.
class Form {
 public:
  static Result<Form> read(Request& request);
  std::string_view field(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// The hidden field that each form of a session has; and the check that it came back.
Html form_secret(const Visit& visit);
Status check_form_secret(const Visit& visit, const Form& form);

// Signs in with a token that was typed into a form. Tokens that are not valid count for the limit
// of the client's address, like those in a header.
Status sign_in_by_form(const Web& web, Request& request, std::string_view token, Caller& caller);

// The form to sign in; `destination` is where it leads.
Html sign_in_form(const Href& destination);

// The path with the query of this request.
Href this_page(const Request& request);

// --- Pieces --------------------------------------------------------------------------------------

// <time>; of a text in RFC 3339 UTC.
Html time_of(std::string_view rfc3339);
Html day_of(std::string_view rfc3339);
Html bytes_of(std::uint64_t bytes);
// A number with thin spaces between thousands.
Html number_of(std::int64_t number);
// A link, where the address is one that may be followed; else the text of the address.
Html link_elsewhere(std::string_view url);
Html connector_link(std::string_view id);
Html version_link(std::string_view id, std::string_view version);
Html publisher_link(std::string_view id);
// A word with a colour: good, caution, bad or plain.
enum class Tone { plain, good, caution, bad };
Html badge(std::string_view word, Tone tone);
Html policy_badge(std::string_view policy_class);
Html state_badge(std::string_view state);

}  // namespace mkt
