// Signing in with a token, and signing out.
#include "daemon/http/error_body.h"
#include "daemon/http/pipeline.h"
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

// The session that the browser's cookie names; also one whose token may not come from here.
Result<std::optional<Session>> session_of(Web& web, const Visit& visit) {
  if (visit.session) return visit.session;
  return web.sessions.find(session_cookie(visit.request.head));
}

Result<Response> do_sign_in(Web& web, Visit& visit) {
  MKT_TRY(const Form form, Form::read(visit.request));
  const Href to = destination_of(form.field("to"));
  Caller caller;
  Status signed_in = sign_in_by_form(web, visit.request, form.field("token"), caller);
  // Counted for this token alone: a session ends with an entry of the log, and nobody may be kept
  // from ending one.
  if (signed_in) {
    signed_in = count_request(web.parts.limiter, LimitScope::change,
                              {"token:" + caller.token_id, caller.address}, visit.request);
  }
  if (!signed_in) {
    if (http_status(signed_in.error().code) >= 500) return signed_in.error();
    return refused_page(web, visit, signed_in.error(), to);
  }
  // The browser forgets its cookie, so nobody could end that session any more.
  MKT_TRY(const auto before, session_of(web, visit));
  if (before) {
    const Status ended = web.sessions.end(visit.caller().actor(), *before);
    if (!ended) (void)told_error(ended.error(), caller.request_id);  // the log has it
  }
  // A new one at every sign-in: nobody else can have chosen it.
  const std::string cookie = web.sessions.begin(caller.token_id);
  Response response = see_other(to);
  response.headers.emplace_back("Set-Cookie", set_session_cookie(visit.request.head, cookie));
  return response;
}

// The browser is out in any case; says what others may not have heard.
Response half_signed_out(const Web& web, const Visit& visit, const Error& error) {
  Error told = told_error(error, visit.request.caller.request_id);
  told.message = "you are signed out here, but the log could not tell of it: " + told.message;
  return refused_page(web, visit, told, Href("/"));
}

Result<Response> do_sign_out(Web& web, Visit& visit) {
  MKT_TRY(const Form form, Form::read(visit.request));
  MKT_TRY(visit.session, session_of(web, visit));
  Response response = see_other(Href("/"));
  if (visit.session) {
    MKT_CHECK(check_form_secret(visit, form));
    const Status ended = web.sessions.end(visit.caller().actor(), *visit.session);
    visit.session.reset();
    if (!ended) response = half_signed_out(web, visit, ended.error());
  }
  for (std::string& cookie : cleared_session_cookies()) {
    response.headers.emplace_back("Set-Cookie", std::move(cookie));
  }
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
