#include "daemon/web/web.h"

#include <fmt/format.h>

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
constexpr std::size_t kMaxFormFields = 16;

bool wants_page(const RequestHead& head) {
  return head.header("accept").find("text/html") != std::string_view::npos;
}

// Who asks, by the session; nobody where there is none, or where its token does not stand any more.
Visit begin_visit(Web& web, Request& request) {
  Visit visit{request, std::nullopt};
  // A token in a header says who asks; then a cookie says nothing.
  if (request.caller.signed_in()) return visit;
  const std::string_view id = session_cookie(request.head);
  if (id.empty()) return visit;
  visit.session = web.sessions.find(id);
  if (!visit.session) return visit;
  Caller caller = request.caller;
  if (!resume_session(web.market(), visit.session->token_id, caller)) {
    web.sessions.end(id);
    visit.session.reset();
    return visit;
  }
  request.caller = std::move(caller);
  web.parts.usage.token_used(request.caller.token_id, web.market().now());
  return visit;
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
            << text.title << "</h1><p>" << told.message << ".</p>";
  if (may_sign_in) text.body << sign_in_form(this_page(visit.request));
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
  const std::string_view site = head.header("sec-fetch-site");
  if (!site.empty() && site != "same-origin" && site != "none") return refused;
  const std::string origin = lower_case(head.header("origin"));
  if (origin.empty()) return {};
  const std::string host = lower_case(head.header("host"));
  if (origin == "http://" + host || origin == "https://" + host) return {};
  return refused;
}

struct NavigationItem {
  Markup path;
  Markup name;
};

Html navigation(const Visit& visit) {
  static constexpr std::array<NavigationItem, 3> kItems = {
      {{"/requests", "Requests"}, {"/log", "Log"}, {"/status", "Status"}}};
  Html html;
  html << "<nav aria-label=\"Pages\"><ul>";
  for (const NavigationItem& item : kItems) {
    const bool admins_only = item.path.text() == "/log";
    if (admins_only && !visit.caller().is_admin()) continue;
    if (item.path.text() == "/requests" && !visit.caller().signed_in()) continue;
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

Html framed(const Visit& visit, const PageText& text) {
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
       << text.searched << "\"><button>Search</button></form>" << navigation(visit)
       << "</div></header>\n<main id=\"main\" tabindex=\"-1\">" << text.body
       << "</main>\n<footer><div class=\"bar\"><span>mktd " << Markup(MKT_VERSION)
       << "</span><a href=\"/v1/openapi\">API</a><a href=\"/status\">Status</a></div></footer>"
          "</body></html>\n";
  return html;
}

}  // namespace

void add_page(Router& router, const std::shared_ptr<Web>& web, std::string_view method,
              std::string_view pattern, PageRules rules, PageWork work) {
  const bool posts = method == "POST";
  const auto gates = std::make_shared<const Handler>(
      keep_to_scope(method, rules.like, [](Request&) -> Result<Response> { return Response(); }));
  router.add_page(method, pattern,
                  [web, posts, gates, rules, work = std::move(work)](Request& request) {
                    Visit visit = begin_visit(*web, request);
                    auto answer = [&]() -> Result<Response> {
                      if (posts) MKT_CHECK(require_own_form(request.head));
                      if (!rules.always_open)
                        MKT_CHECK(require_reader(web->market(), visit.caller()));
                      if (!rules.like.empty()) MKT_CHECK(gates->ask_gates(request));
                      return work(*web, visit);
                    }();
                    if (!answer && wants_page(request.head)) {
                      answer = error_page(*web, visit, answer.error());
                    }
                    if (answer) seal(visit, *answer);
                    return answer;
                  });
}

Response page(const Web&, const Visit& visit, const PageText& text,
              const std::optional<Freshness>& same_while) {
  std::string body = framed(visit, text).take();
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

Result<Form> Form::read(Request& request) {
  constexpr std::string_view kType = "application/x-www-form-urlencoded";
  const std::string_view type = request.head.header("content-type");
  if (lower_case(trim(type.substr(0, type.find(';')))) != kType) {
    return Error(ErrorCode::invalid_request, "this is no form");
  }
  MKT_TRY(const std::string body, read_body(request.body, kMaxSmallBodyBytes));
  Form form;
  std::string_view rest = body;
  while (!rest.empty() && form.fields_.size() < kMaxFormFields) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decode(pair.substr(0, equals), Plus::is_space);
    const auto value =
        percent_decode(pair.substr(std::min(equals + 1, pair.size())), Plus::is_space);
    if (!name || !value) return Error(ErrorCode::invalid_request, "this is no form");
    form.fields_.emplace_back(*name, *value);
  }
  return form;
}

std::string_view Form::field(std::string_view name) const {
  for (const auto& [n, value] : fields_) {
    if (n == name) return value;
  }
  return {};
}

Html form_secret(const Visit& visit) {
  Html html;
  if (!visit.session) return html;
  html << "<input type=\"hidden\" name=\"form\" value=\"" << visit.session->form_secret << "\">";
  return html;
}

Status check_form_secret(const Visit& visit, const Form& form) {
  if (!visit.session) {
    return Error(ErrorCode::unauthorized, "nobody is signed in here, or not any more");
  }
  if (same_secret(form.field("form"), visit.session->form_secret)) return {};
  return Error(ErrorCode::forbidden,
               "the form is not one of this session; load its page again, and send it from there");
}

Status sign_in_by_form(const Web& web, Request& request, std::string_view token, Caller& caller) {
  caller = Caller();
  caller.address = request.caller.address;
  caller.request_id = request.caller.request_id;
  Status signed_in = sign_in(web.market(), trim(token), caller);
  if (signed_in || signed_in.error().code != ErrorCode::unauthorized) return signed_in;
  web.parts.usage.sign_in_failed(caller.address, trim(token), web.market().now());
  MKT_CHECK(count_request(web.parts.limiter, LimitScope::auth_failure,
                          {address_subject(caller.address), caller.address}, request));
  return Error(ErrorCode::unauthorized, "the token is not valid: unknown, revoked or expired");
}

Html sign_in_form(const Href& destination) {
  Html html;
  html << "<form class=\"stacked\" method=\"post\" action=\"/sign-in\">"
          "<input type=\"hidden\" name=\"to\" value=\""
       << destination.text()
       << "\"><label for=\"token\">Token</label>"
          "<input id=\"token\" name=\"token\" type=\"password\" required autocomplete=\"off\" "
          "spellcheck=\"false\" aria-describedby=\"token-help\">"
          "<p id=\"token-help\" class=\"muted\">A bearer token of this registry, as <code>mkt "
          "login</code> takes it: <code>mkt_…</code>. It is not kept; signing in ends after an "
          "hour without use, and after eight hours.</p>"
          "<button class=\"primary\">Sign in</button></form>";
  return html;
}

Href this_page(const Request& request) {
  const auto path = Href::local(percent_encode(request.head.path, "/-._~%"));
  Href href = path.value_or(Href("/"));
  for (const auto& [name, value] : request.head.query) href = href.with(name, value);
  return href;
}

// --- Pieces --------------------------------------------------------------------------------------

Html time_of(std::string_view t) {
  Html html;
  if (t.size() < 16) return html;
  html << "<time datetime=\"" << t << "\">" << t.substr(0, 10) << " " << t.substr(11, 5)
       << " UTC</time>";
  return html;
}

Html day_of(std::string_view t) {
  Html html;
  if (t.size() < 10) return html;
  html << "<time datetime=\"" << t << "\">" << t.substr(0, 10) << "</time>";
  return html;
}

Html bytes_of(std::uint64_t bytes) {
  Html html;
  constexpr double kKib = 1024;
  const auto size = static_cast<double>(bytes);
  if (bytes < 1024) {
    html << bytes << " bytes";
  } else if (size < kKib * kKib) {
    html << fmt::format("{:.1f} KiB", size / kKib);
  } else {
    html << fmt::format("{:.1f} MiB", size / kKib / kKib);
  }
  return html;
}

Html number_of(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    if (text[at - 1] != '-') text.insert(at, ",");
  }
  Html html;
  html << text;
  return html;
}

Html link_elsewhere(std::string_view url) {
  Html html;
  if (const auto href = Href::elsewhere(url)) {
    html << "<a rel=\"nofollow noopener\" href=\"" << *href << "\">" << url << "</a>";
  } else {
    html << url;
  }
  return html;
}

Html connector_link(std::string_view id) {
  Html html;
  html << "<a href=\"" << Href::path({"connectors", id}) << "\">" << id << "</a>";
  return html;
}

Html version_link(std::string_view id, std::string_view version) {
  Html html;
  html << "<a href=\"" << Href::path({"connectors", id, version}) << "\">" << version << "</a>";
  return html;
}

Html publisher_link(std::string_view id) {
  Html html;
  html << "<a href=\"" << Href::path({"publishers", id}) << "\">" << id << "</a>";
  return html;
}

Html badge(std::string_view word, Tone tone) {
  Html html;
  switch (tone) {
    case Tone::plain:
      html << "<span class=\"badge\">";
      break;
    case Tone::good:
      html << "<span class=\"badge good\">";
      break;
    case Tone::caution:
      html << "<span class=\"badge caution\">";
      break;
    case Tone::bad:
      html << "<span class=\"badge bad\">";
      break;
  }
  html << word << "</span>";
  return html;
}

Html policy_badge(std::string_view policy_class) {
  if (policy_class == "READ") return badge("reads", Tone::good);
  if (policy_class == "WRITE_NON_DESTRUCTIVE") return badge("writes", Tone::caution);
  if (policy_class == "DESTRUCTIVE") return badge("destroys", Tone::bad);
  return badge("not told", Tone::caution);
}

Html state_badge(std::string_view state) {
  for (const std::string_view good : {"active", "approved", "ok", "ready", "closed"}) {
    if (state == good) return badge(state, Tone::good);
  }
  for (const std::string_view caution :
       {"pending", "expired", "retired", "degraded", "suspended", "half-open"}) {
    if (state == caution) return badge(state, Tone::caution);
  }
  for (const std::string_view bad :
       {"revoked", "denied", "failed", "banned", "open", "not_ready"}) {
    if (state == bad) return badge(state, Tone::bad);
  }
  return badge(state, Tone::plain);
}

}  // namespace mkt
