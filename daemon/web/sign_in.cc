// Signing in with a token, and signing out.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "common/base/log.h"
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

// Who signs out; nobody where the session's token does not stand, or nobody can be asked.
Actor actor_of(const Web& web, const Visit& visit, const Session& session) {
  Caller caller = visit.caller();
  const Status resumed = resume_session(web.market(), session.token_id, caller);
  return resumed ? caller.actor() : visit.caller().actor();
}

// The sessions that the browser's cookies name: also such whose token may not come from here.
std::vector<Session> sessions_of(const Web& web, const Visit& visit) {
  std::vector<Session> sessions;
  for (const SessionCookie& cookie : session_cookies(visit.request.head)) {
    if (auto session = web.sessions.read(cookie.value)) sessions.push_back(*std::move(session));
  }
  return sessions;
}

// Ends all, and returns the first failure to tell others of it.
Status end_all(Web& web, const Visit& visit, const std::vector<Session>& sessions) {
  Status first;
  for (const Session& session : sessions) {
    if (web.sessions.has_ended(session)) continue;  // told, or refused, before
    Status ended = web.sessions.end(actor_of(web, visit, session), session);
    if (first && !ended) first = std::move(ended);
  }
  return first;
}

void set_cookies(Response& response, std::array<std::string, 2> cookies) {
  for (std::string& cookie : cookies) {
    response.headers.emplace_back("Set-Cookie", std::move(cookie));
  }
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
  // The browser forgets its cookies, so nobody could end those sessions any more.
  if (const Status ended = end_all(web, visit, sessions_of(web, visit)); !ended) {
    log_event(LogLevel::warning, "other daemons were not told that sessions ended",
              {{"request", caller.request_id}, {"reason", ended.error().message}});
  }
  // A new one at every sign-in: nobody else can have chosen it.
  Response response = see_other(to);
  set_cookies(response,
              set_session_cookies(visit.request.head, web.sessions.begin(caller.token_id)));
  return response;
}

// The browser is out in any case; says that others may not have heard.
Response half_signed_out(const Web& web, const Visit& visit, const Error& error) {
  Error told = told_error(error, visit.request.caller.request_id);
  told.message = "you are signed out here, but this could not be written down: " + told.message;
  return refused_page(web, visit, told, Href("/"));
}

// Asks neither the store nor the log who visits: who wants to be out is, also while they are away.
Result<Response> do_sign_out(Web& web, Visit& visit) {
  MKT_TRY(const Form form, Form::read(visit.request));
  const std::vector<Session> sessions = sessions_of(web, visit);
  const auto is_of = [&](const Session& s) { return is_form_of(s, form); };
  if (!sessions.empty() && std::ranges::none_of(sessions, is_of)) return strange_form();
  const Status ended = end_all(web, visit, sessions);
  Response response = ended ? see_other(Href("/")) : half_signed_out(web, visit, ended.error());
  set_cookies(response, cleared_session_cookies());
  return response;
}

}  // namespace

void add_sign_in_pages(Router& router, const std::shared_ptr<Web>& web) {
  const PageRules open{.always_open = true};
  add_page(router, web, "GET", "/sign-in", open, sign_in_page);
  add_page(router, web, "POST", "/sign-in", open, do_sign_in);
  add_page(router, web, "POST", "/sign-out", {.always_open = true, .same_for_all = true},
           do_sign_out);
}

}  // namespace mkt
