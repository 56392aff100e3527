#include "daemon/web/web.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/text.h"
#include "common/base/url.h"
#include "daemon/http/error_body.h"
#include "daemon/http/fields.h"
#include "daemon/http/pipeline.h"
#include "daemon/http/rate_limit.h"
#include "daemon/http/token_scope_gate.h"
#include "daemon/service/tokens.h"
#include "daemon/web/assets.h"
#include "daemon/web/cookie.h"
#include "daemon/web/form.h"
#include "daemon/web/pieces.h"
#include "mkt_version.h"

namespace mkt {
namespace {

// Nothing but the style sheet and the icon of this registry is loaded; nothing runs; forms lead
// here; and no other page may stand around it.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";
constexpr const char* kHtmlType = "text/html; charset=utf-8";
constexpr const char* kNobodyElse = "private, no-store";

// A person in a browser, and not a program that asks the API.
bool wants_page(const RequestHead& head) {
  return accepts(head, "text/html") && !head.path.starts_with("/v1/");
}

// Who asks, by the session; nobody where there is none, or where its token does not stand any more.
Status find_visitor(Web& web, Visit& visit) {
  Request& request = visit.request;
  // A token in a header says who asks; then a cookie says nothing.
  if (request.caller.signed_in()) return {};
  for (const SessionCookie& cookie : session_cookies(request.head)) {
    MKT_TRY(auto session, web.sessions.find(cookie.value));
    if (!session) continue;
    Caller caller = request.caller;
    if (Status resumed = resume_session(web.market(), session->token_id, caller); !resumed) {
      if (http_status(resumed.error().code) >= 500) return resumed;
      continue;
    }
    visit.session = std::move(session);
    visit.cookie_name = cookie.name;
    request.caller = std::move(caller);
    web.parts.usage.token_used(request.caller.token_id, web.market().now());
    break;
  }
  return {};
}

Response error_page(const Web& web, const Visit& visit, const Error& error) {
  const Error told = told_error(error, visit.request.caller.request_id);
  Response response = error_response(told, failed_request(visit.request));
  const bool may_sign_in = response.status == 401 && visit.request.head.method == "GET";
  PageText text;
  text.title = response.status == 404   ? "Not found"
               : response.status == 401 ? "Please sign in"
               : response.status == 403 ? "Not for you"
               : response.status == 429 ? "Too many requests"
               : response.status >= 500 ? "The registry failed"
                                        : "That did not work";
  text.body << "<div class=\"narrow\"><p class=\"status-code\">" << response.status << "</p><h1>"
            << text.title << "</h1><p>";
  if (may_sign_in) {
    // The message says how to sign in at a terminal.
    text.body << "What is here is shown to those who have signed in.</p>"
              << sign_in_form(this_page(visit.request));
  } else {
    text.body << sentence(told.message) << "</p>";
  }
  text.body << "<p class=\"muted\">Request " << visit.request.caller.request_id
            << " · <a href=\"/\">To the catalog</a></p></div>";
  Response shown = page(web, visit, text);
  response.content_type = shown.content_type;
  response.body = std::move(shown.body);
  return response;
}

// Pages that somebody sees who has signed in are for that browser alone.
void seal(const Visit& visit, Response& response) {
  auto& headers = response.headers;
  const bool is_own = visit.caller().signed_in() || visit.request.head.method == "POST";
  if (is_own || response.status >= 400) {
    std::erase_if(headers, [](const auto& h) { return h.first == "Cache-Control"; });
    std::erase_if(headers, [](const auto& h) { return h.first == "ETag"; });
    headers.emplace_back("Cache-Control", kNobodyElse);
    response.same_while.reset();
  }
  headers.emplace_back("Vary", "Cookie");
  headers.emplace_back("Content-Security-Policy", kContentSecurityPolicy);
  // With "no-referrer" browsers would send the forms of these pages with "Origin: null".
  headers.emplace_back("Referrer-Policy", "same-origin");
  headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
}

// A form that another site's page sent, which a browser tells by these fields.
Status require_own_form(const RequestHead& head) {
  const Error refused(ErrorCode::origin_not_allowed, "the form was sent by another site");
  for (const auto& [name, site] : head.headers) {
    if (name == "sec-fetch-site" && site != "same-origin" && site != "none") return refused;
  }
  const std::string origin = lower_case(head.header("origin"));
  if (origin.empty()) return {};
  const std::string host = lower_case(head.header("host"));
  if (origin == "http://" + host || origin == "https://" + host) return {};
  return refused;
}

bool sees_status(const Web& web, const Visit& visit) {
  return web.parts.operations.for_anyone() || visit.caller().is_admin();
}

bool sees_requests(const Caller& caller) {
  return caller.signed_in() && caller.role != Role::publisher;
}

struct NavigationItem {
  Markup path;
  Markup name;
};

Html navigation(const Web& web, const Visit& visit) {
  static constexpr std::array<NavigationItem, 3> kItems = {
      {{"/requests", "Requests"}, {"/log", "Log"}, {"/status", "Status"}}};
  Html html;
  html << "<nav aria-label=\"Pages\"><ul>";
  for (const NavigationItem& item : kItems) {
    const bool admins_only = item.path.text() == "/log";
    if (admins_only && !visit.caller().is_admin()) continue;
    if (item.path.text() == "/requests" && !sees_requests(visit.caller())) continue;
    if (item.path.text() == "/status" && !sees_status(web, visit)) continue;
    html << "<li><a href=\"" << Href(item.path) << "\"";
    if (visit.request.head.path == item.path.text()) html << " aria-current=\"page\"";
    html << ">" << item.name << "</a></li>";
  }
  if (visit.session) {
    html << "<li class=\"who\"><form method=\"post\" action=\"/sign-out\">" << form_secret(visit)
         << "<button class=\"plain\" title=\"Signed in as " << visit.caller().person()
         << "\">Sign out</button></form></li>";
  } else if (!visit.caller().signed_in()) {
    html << "<li><a href=\"/sign-in\">Sign in</a></li>";
  }
  html << "</ul></nav>";
  return html;
}

Html framed(const Web& web, const Visit& visit, const PageText& text) {
  Html html;
  html << "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
          "<meta name=\"color-scheme\" content=\"light dark\"><title>"
       << text.title << " · mkt</title><link rel=\"stylesheet\" href=\"" << style_sheet()
       << "\"><link rel=\"icon\" type=\"image/svg+xml\" href=\"" << icon()
       << "\"></head>\n<body><a class=\"skip\" href=\"#main\">Skip to the content</a>\n"
          "<header class=\"top\"><div class=\"bar\"><a class=\"brand\" href=\"/\"><img src=\""
       << icon()
       << "\" alt=\"\" width=\"28\" height=\"28\">mkt</a>"
          "<form class=\"search\" role=\"search\" action=\"/search\" method=\"get\">"
          "<input type=\"search\" name=\"q\" maxlength=\"256\" aria-label=\"Search connectors\" "
          "placeholder=\"Search connectors\" value=\""
       << text.searched << "\"><button>Search</button></form>" << navigation(web, visit)
       << "</div></header>\n<main id=\"main\" tabindex=\"-1\">" << text.body
       << "</main>\n<footer><div class=\"bar\"><span>mktd " << Markup(MKT_VERSION)
       << "</span><a href=\"/v1/openapi\">API</a>";
  if (sees_status(web, visit)) html << "<a href=\"/status\">Status</a>";
  html << "</div></footer></body></html>\n";
  return html;
}

// A page with the request's query; nullopt where the path is too long for one of ours.
std::optional<Href> page_at(std::string_view path, const Request& request) {
  auto href = Href::local(percent_encode(path, "/-._~%"));
  if (!href) return href;
  for (const auto& [name, value] : request.head.query) href = href->with(name, value);
  return href;
}

// Leads a person who typed or copied a slash too many to the page without it.
std::optional<Href> without_last_slash(const Request& request) {
  const std::string_view path = request.head.path;
  if (!wants_page(request.head) || path.size() == 1 || !path.ends_with('/')) return std::nullopt;
  return page_at(path.substr(0, path.size() - 1), request);
}

Response moved_to(const Href& there) {
  Response response;
  response.status = 308;
  response.headers.emplace_back("Location", there.text());
  response.headers.emplace_back("Cache-Control", "no-cache");
  response.headers.emplace_back("Vary", "Accept");
  return response;
}

// The cookie tells of this use, unless the session has ended meanwhile: by a new sign-in, say,
// whose cookie this one must not replace.
void renew_cookie(Web& web, const Visit& visit, Response& response) {
  if (!visit.session || visit.session->renewed.empty()) return;
  if (web.sessions.has_ended(*visit.session)) return;
  response.headers.emplace_back("Set-Cookie",
                                renewed_session_cookie(visit.cookie_name, visit.session->renewed));
}

// Finds out who visits where that matters, makes pages of errors, and seals the answer.
Handler page_handler(const std::shared_ptr<Web>& web, bool same_for_all, PageWork work) {
  return [web, same_for_all, work = std::move(work)](Request& request) {
    Visit visit{request, std::nullopt};
    const Status found = same_for_all ? Status() : find_visitor(*web, visit);
    auto answer = found ? work(*web, visit) : Result<Response>(found.error());
    if (!answer && wants_page(request.head)) answer = error_page(*web, visit, answer.error());
    if (!answer) return answer;
    renew_cookie(*web, visit, *answer);
    seal(visit, *answer);
    return answer;
  };
}

}  // namespace

void add_page(Router& router, const std::shared_ptr<Web>& web, std::string_view method,
              std::string_view pattern, PageRules rules, PageWork work) {
  const bool posts = method == "POST";
  const auto gates = std::make_shared<const Handler>(
      keep_to_scope(method, rules.like, [](Request&) -> Result<Response> { return Response(); }));
  router.add_page(method, pattern,
                  page_handler(web, rules.same_for_all,
                               [posts, rules, gates, work = std::move(work)](
                                   Web& w, Visit& visit) -> Result<Response> {
                                 if (posts) MKT_CHECK(require_own_form(visit.request.head));
                                 if (!rules.always_open)
                                   MKT_CHECK(require_reader(w.market(), visit.caller()));
                                 if (!rules.like.empty())
                                   MKT_CHECK(gates->ask_gates(visit.request));
                                 return work(w, visit);
                               }));
}

void add_page_elsewhere(Router& router, const std::shared_ptr<Web>& web) {
  router.add_elsewhere([web](Request& request, const Error& error) {
    const auto there = without_last_slash(request);
    return page_handler(web, there.has_value(), [&](Web&, Visit&) -> Result<Response> {
      if (there) return moved_to(*there);
      return error;
    })(request);
  });
}

Response page(const Web& web, const Visit& visit, const PageText& text,
              const std::optional<Freshness>& same_while) {
  std::string body = framed(web, visit, text).take();
  if (same_while && !visit.caller().signed_in()) {
    return kept_response(visit.request, *same_while, kHtmlType, std::move(body));
  }
  Response response;
  response.content_type = kHtmlType;
  response.body = std::move(body);
  response.headers.emplace_back("Cache-Control", "no-cache");
  return response;
}

Response see_other(const Href& where) {
  Response response;
  response.status = 303;
  response.headers.emplace_back("Location", where.text());
  return response;
}

Href this_page(const Request& request) {
  return page_at(request.head.path, request).value_or(Href("/"));
}

}  // namespace mkt
