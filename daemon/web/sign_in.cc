// Signing in with a token, and signing out.
#include "daemon/http/change_limits.h"
#include "daemon/http/error_body.h"
#include "daemon/http/rate_limit.h"
#include "daemon/service/tokens.h"
#include "daemon/web/cookie.h"
#include "daemon/web/form.h"
#include "daemon/web/pages.h"
#include "daemon/web/pieces.h"

namespace mkt {
namespace {

// Where a form may lead: a page of this registry.
Href destination_of(std::string_view text) {
  const auto here = Href::local(text);
  return here && !here->text().starts_with("/sign-") ? *here : Href("/");
}

Result<Response> sign_in_page(Web& web, Visit& visit) {
  PageText text;
  text.title = "Sign in";
  text.body << "<div class=\"narrow\"><h1>Sign in</h1>";
  if (visit.caller().signed_in()) {
    text.body << "<p>You are signed in as <strong>" << visit.caller().person() << "</strong>.</p>";
  }
  text.body << sign_in_form(destination_of(visit.parameter("to"))) << "</div>";
  return page(web, visit, text);
}

// Says why not, with the form again.
Response refused_page(const Web& web, const Visit& visit, const Error& error, const Href& to) {
  PageText text;
  text.title = "Sign in";
  text.body << "<div class=\"narrow\"><h1>Sign in</h1><p class=\"notice bad\" role=\"alert\">"
            << sentence(error.message) << "</p>" << sign_in_form(to) << "</div>";
  Response response = page(web, visit, text);
  response.status = http_status(error.code);
  add_error_headers(error, response);
  return response;
}

// An entry of the log, which counts like other changes.
Status end_session(Web& web, Visit& visit) {
  const Caller& caller = visit.caller();
  const auto subject = changing_subject(caller).value_or("token:" + caller.token_id);
  MKT_CHECK(count_request(web.parts.limiter, LimitScope::change, {subject, caller.address},
                          visit.request));
  return web.sessions.end(caller, *visit.session);
}

Result<Response> do_sign_in(Web& web, Visit& visit) {
  MKT_TRY(const Form form, Form::read(visit.request));
  const Href to = destination_of(form.field("to"));
  Caller caller;
  if (const auto signed_in = sign_in_by_form(web, visit.request, form.field("token"), caller);
      !signed_in) {
    if (http_status(signed_in.error().code) >= 500) return signed_in.error();
    return refused_page(web, visit, signed_in.error(), to);
  }
  // The browser forgets its cookie, so nobody could end that session any more.
  if (visit.session) MKT_CHECK(end_session(web, visit));
  // A new one at every sign-in: nobody else can have chosen it.
  const std::string cookie = web.sessions.begin(caller.token_id);
  Response response = see_other(to);
  response.headers.emplace_back("Set-Cookie", set_session_cookie(visit.request.head, cookie));
  return response;
}

Result<Response> do_sign_out(Web& web, Visit& visit) {
  MKT_TRY(const Form form, Form::read(visit.request));
  if (visit.session) {
    MKT_CHECK(check_form_secret(visit, form));
    MKT_CHECK(end_session(web, visit));
  }
  Response response = see_other(Href("/"));
  response.headers.emplace_back("Set-Cookie", clear_session_cookie(visit.request.head));
  return response;
}

}  // namespace

void add_sign_in_pages(Router& router, const std::shared_ptr<Web>& web) {
  const PageRules open{.always_open = true};
  add_page(router, web, "GET", "/sign-in", open, sign_in_page);
  add_page(router, web, "POST", "/sign-in", open, do_sign_in);
  add_page(router, web, "POST", "/sign-out", open, do_sign_out);
}

}  // namespace mkt
