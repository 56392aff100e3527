// Install requests: what waits, and a person's yes or no.
//
// Whoever decides types the token again, so that an open browser decides nothing for its owner. The
// decision is that of the API (service/approvals.h), for the person of that token.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "common/base/text.h"
#include "daemon/http/error_body.h"
#include "daemon/service/approvals.h"
#include "daemon/service/installs.h"
#include "daemon/service/record_messages.h"
#include "daemon/web/form.h"
#include "daemon/web/pages.h"
#include "daemon/web/pieces.h"

namespace mkt {
namespace {

constexpr std::uint32_t kListedRequests = 50;
constexpr std::uint32_t kListedDecided = 20;
constexpr const char* kLikeRequest = "/v1/tenants/{tenant}/install-requests/{id}";

wire::InstallRequestInfo message_now(const Marketplace& market, InstallRequestRecord r) {
  r.status = status_at(r, market.now());
  return request_message(r);
}

Href request_path(std::string_view tenant, std::string_view id) {
  return Href::path({"requests", tenant, id});
}

Html power_lines(Markup begin, Markup end, const wire::PowersInfo& powers) {
  Html html;
  for (const std::string& c : powers.capabilities) {
    html << "<li>" << begin << "capability " << c << end << "</li>";
  }
  for (const wire::ToolInfo& tool : powers.tools) {
    html << "<li>" << begin << "tool " << tool.name << end << " " << policy_badge(tool.policy_class)
         << "</li>";
  }
  return html;
}

Html item(Markup name, const Html& value) {
  Html html;
  html << "<div><dt>" << name << "</dt><dd>" << value << "</dd></div>";
  return html;
}

Html plain_text(std::string_view text) {
  Html html;
  html << text;
  return html;
}

Html review_html(const wire::InstallRequestInfo& r) {
  Html html;
  if (!r.review) return html;
  const wire::ReviewInfo& review = *r.review;
  if (review.obstacle) {
    html << "<div class=\"notice bad\" role=\"note\"><strong>An approval would be "
            "refused.</strong> "
         << sentence(review.obstacle->message) << "</div>";
  }
  Html changes;
  if (review.installed_version.empty()) {
    changes = power_lines("<ins>+ ", "</ins>", review);
    html << "<h3>It would be new here, and may</h3>";
  } else {
    changes << power_lines("<del>− ", "</del>", review.removed)
            << power_lines("<ins>+ ", "</ins>", review.added);
    html << "<h3>Beside the installed " << review.installed_version << "</h3>";
  }
  if (review.installed_version == r.version) {
    html << "<p>This version is the installed one.</p>";
  } else if (changes.empty()) {
    html << "<p>It may do what the installed version may.</p>";
  } else {
    html << "<ul class=\"changes\">" << changes << "</ul>";
  }
  if (!review.installed_version.empty() && review.installed_version != r.version) {
    html << "<p><a href=\""
         << Href::path({"connectors", r.connector_id, "diff",
                        review.installed_version + "..." + r.version})
         << "\">What changed in its files</a></p>";
  }
  Html publisher = publisher_link(review.publisher.id);
  publisher << " "
            << (review.publisher.verified ? badge("verified", Tone::good)
                                          : badge("not verified", Tone::caution))
            << state_badge(review.publisher.status);
  Html key;
  key << "<code class=\"break\">" << review.key.key_id << "</code> "
      << state_badge(review.key.status);
  html << "<dl class=\"wide\">" << item("Publisher", publisher) << item("Key", key)
       << item("Size", bytes_of(review.size)) << "</dl>";
  return html;
}

Html decision_html(const wire::InstallRequestInfo& r) {
  Html asked;
  asked << r.requested_by << ", " << time_of(r.requested_at);
  Html approvals;
  approvals << r.approvals.size() << " of " << r.min_approvals;
  for (const wire::ApprovalInfo& a : r.approvals) {
    approvals << "<br>" << a.approver << ", " << time_of(a.approved_at)
              << (a.key_id.empty() ? Markup("") : Markup(", signed"));
  }
  Html checksum;
  checksum << "<code class=\"break\">" << r.checksum << "</code>";
  Html html;
  html << "<dl class=\"wide\">" << item("Asked by", asked)
       << item(r.decided_at ? Markup("Why it waited") : Markup("Why it waits"),
               plain_text(r.explanation))
       << item("Approvals", approvals);
  if (r.decided_at) {
    Html decided;
    decided << r.decided_by << ", " << time_of(*r.decided_at);
    if (!r.reason.empty()) decided << ": " << r.reason;
    html << item("Decided by", decided);
  } else {
    html << item("Expires", time_of(r.expires_at));
  }
  html << item("Checksum", checksum) << "</dl>";
  return html;
}

Html token_field(Markup id) {
  Html html;
  html << "<label for=\"" << id << "\">Your token, again</label><input id=\"" << id
       << "\" name=\"token\" type=\"password\" required autocomplete=\"off\" "
          "spellcheck=\"false\">";
  return html;
}

Html decision_forms(const Visit& visit, const wire::InstallRequestInfo& r) {
  const std::string path = request_path(r.tenant_id, r.id).text();
  Html html;
  html << "<div class=\"decide\"><form class=\"stacked\" method=\"post\" action=\"" << path
       << "/approve\" aria-label=\"Approve\">" << form_secret(visit) << "<h3>Approve</h3>"
       << token_field("approve-token")
       << "<button class=\"primary\">Approve</button></form><form class=\"stacked\" "
          "method=\"post\" action=\""
       << path << "/deny\" aria-label=\"Deny\">" << form_secret(visit)
       << "<h3>Deny</h3><label for=\"reason\">Reason, for whoever asked</label><input "
          "id=\"reason\" name=\"reason\" required maxlength=\"500\">"
       << token_field("deny-token") << "<button class=\"danger\">Deny</button></form></div>";
  return html;
}

// For whom the forms would be of no use.
std::optional<Markup> reason_not_to_decide(const Caller& caller,
                                           const wire::InstallRequestInfo& r) {
  const auto tenant = TenantId::parse(r.tenant_id);
  if (!tenant || !require_approver(caller, *tenant)) {
    return Markup("It waits for those who may approve for this tenant.");
  }
  if (caller.scope.read_only) return Markup("Your token may only read.");
  if (!require_connector(caller, r.connector_id)) {
    return Markup("Your token is for other connectors.");
  }
  const bool has_approved =
      std::any_of(r.approvals.begin(), r.approvals.end(),
                  [&](const wire::ApprovalInfo& a) { return a.approver == caller.person(); });
  if (has_approved) return Markup("You have approved it; it waits for others.");
  return std::nullopt;
}

Html title_of_request(const wire::InstallRequestInfo& r) {
  Html html;
  html << connector_link(r.connector_id) << " " << version_link(r.connector_id, r.version);
  return html;
}

Response request_view(Web& web, Visit& visit, const wire::InstallRequestInfo& r,
                      const std::optional<Error>& refused) {
  PageText text;
  text.title = fmt::format("{} {} for {}", r.connector_id, r.version, r.tenant_id);
  text.body << "<article class=\"card\"><div class=\"title\"><h1>" << title_of_request(r)
            << "</h1><p>for <strong>" << r.tenant_id << "</strong> " << state_badge(r.status)
            << " <code>" << r.id << "</code></p></div>";
  if (refused) {
    text.body << "<p class=\"notice bad\" role=\"alert\">" << sentence(refused->message) << "</p>";
  }
  text.body << "<h2 class=\"hidden\">The request</h2>" << decision_html(r) << review_html(r);
  if (r.status == "pending" && visit.session) {
    if (const auto why_not = reason_not_to_decide(visit.caller(), r)) {
      text.body << "<p class=\"muted\">" << *why_not << "</p>";
    } else {
      text.body << decision_forms(visit, r);
    }
  }
  text.body << "</article><p><a href=\"" << Href("/requests").with("tenant", r.tenant_id)
            << "\">All requests of " << r.tenant_id << "</a></p>";
  Response response = page(web, visit, text);
  if (refused) {
    response.status = http_status(refused->code);
    add_error_headers(*refused, response);
  }
  return response;
}

Result<wire::InstallRequestInfo> reviewed_request(const Web& web, const Visit& visit,
                                                  const TenantId& tenant) {
  MKT_TRY(const InstallRequestRecord r,
          show_request(web.market(), visit.caller(), tenant, visit.request.path_parameter("id")));
  wire::InstallRequestInfo info = message_now(web.market(), r);
  MKT_TRY(const RequestReview review, review_request(web.market(), visit.caller(), r));
  info.review = review_message(review, web.market().now());
  return info;
}

Result<TenantId> tenant_in_path(const Visit& visit) {
  auto tenant = TenantId::parse(visit.request.path_parameter("tenant"));
  if (!tenant) return Error(ErrorCode::request_not_found, "there is no such request");
  return tenant;
}

Result<Response> request_page(Web& web, Visit& visit) {
  MKT_TRY(const TenantId tenant, tenant_in_path(visit));
  MKT_TRY(const auto info, reviewed_request(web, visit, tenant));
  return request_view(web, visit, info, std::nullopt);
}

using Decide = std::function<Result<InstallRequestRecord>(
    const Caller& caller, const TenantId& tenant, const std::string& id, const Form& form)>;

// The checks that both decisions need, then `decide`.
Status decide_by_form(const Web& web, Visit& visit, const TenantId& tenant, const Decide& decide) {
  MKT_TRY(const Form form, Form::read(visit.request));
  MKT_CHECK(check_form_secret(visit, form));
  Caller caller;
  MKT_CHECK(sign_in_by_form(web, visit.request, form.field("token"), caller));
  if (caller.token_id != visit.caller().token_id) {
    return Error(
        ErrorCode::forbidden,
        "this is not the token that you signed in with; sign in with the one that decides");
  }
  MKT_TRY(const auto decided, decide(caller, tenant, visit.request.path_parameter("id"), form));
  return {};
}

Result<Response> decide_request(Web& web, Visit& visit, const Decide& decide) {
  MKT_TRY(const TenantId tenant, tenant_in_path(visit));
  if (const auto done = decide_by_form(web, visit, tenant, decide); !done) {
    const bool may_see = visit.session && http_status(done.error().code) < 500;
    if (!may_see) return done.error();
    const auto info = reviewed_request(web, visit, tenant);
    if (!info) return done.error();
    return request_view(web, visit, *info, done.error());
  }
  return see_other(request_path(tenant.text(), visit.request.path_parameter("id")));
}

Result<Response> approve_page(Web& web, Visit& visit) {
  return decide_request(
      web, visit,
      [&](const Caller& caller, const TenantId& tenant, const std::string& id, const Form&) {
        return approve_request(web.market(), caller, tenant, id, std::nullopt);
      });
}

Result<Response> deny_page(Web& web, Visit& visit) {
  return decide_request(
      web, visit,
      [&](const Caller& caller, const TenantId& tenant, const std::string& id, const Form& form) {
        return deny_request(web.market(), caller, tenant, id, std::string(form.field("reason")));
      });
}

Html request_row(const wire::InstallRequestInfo& r) {
  Html html;
  html << "<li class=\"card\"><h3><a href=\"" << request_path(r.tenant_id, r.id) << "\">"
       << r.connector_id << " " << r.version << "</a> " << state_badge(r.status) << "</h3><p>"
       << r.explanation << "</p><p class=\"facts\"><span>asked by " << r.requested_by << ", "
       << time_of(r.requested_at) << "</span><span>" << r.approvals.size() << " of "
       << r.min_approvals << " approvals</span></p></li>";
  return html;
}

// Newest first; only those before a number, where there is one.
Result<std::vector<InstallRequestRecord>> requests_with(const Web& web, const Visit& visit,
                                                        const TenantId& tenant,
                                                        RequestStatus status, std::uint32_t limit,
                                                        std::optional<std::int64_t> before) {
  InstallRequestQuery query;
  query.tenant_id = tenant.text();
  query.status = status;
  query.before = before;
  query.limit = limit;
  return list_requests(web.market(), visit.caller(), query);
}

Html request_rows(const Web& web, const std::vector<InstallRequestRecord>& requests) {
  Html html;
  html << "<ul class=\"cards\">";
  for (const InstallRequestRecord& r : requests) html << request_row(message_now(web.market(), r));
  html << "</ul>";
  return html;
}

Result<Html> waiting_section(const Web& web, const Visit& visit, const TenantId& tenant,
                             std::optional<std::int64_t> before) {
  MKT_TRY(auto waiting,
          requests_with(web, visit, tenant, RequestStatus::pending, kListedRequests + 1, before));
  const bool has_more = waiting.size() > kListedRequests;
  if (has_more) waiting.pop_back();
  Html html;
  html << "<section><h2 id=\"waiting\">Waiting in " << tenant.text() << "</h2>";
  if (waiting.empty()) {
    html << "<p class=\"muted\">"
         << (before ? Markup("Nothing older waits.") : Markup("Nothing waits for an approval."))
         << "</p>";
  } else {
    html << request_rows(web, waiting);
  }
  if (before || has_more) {
    const Href here = Href("/requests").with("tenant", tenant.text());
    html << "<nav class=\"pager\" aria-label=\"Pages of requests\">";
    if (before) html << "<a href=\"" << here << "\">Newest</a>";
    if (has_more) {
      html << "<a rel=\"next\" href=\"" << here.with("before", std::to_string(waiting.back().num))
           << "\">Older</a>";
    }
    html << "</nav>";
  }
  html << "</section>";
  return html;
}

Result<Html> decided_section(const Web& web, const Visit& visit, const TenantId& tenant) {
  std::vector<InstallRequestRecord> decided;
  for (const RequestStatus status : {RequestStatus::approved, RequestStatus::denied,
                                     RequestStatus::expired, RequestStatus::cancelled}) {
    MKT_TRY(auto some, requests_with(web, visit, tenant, status, kListedDecided, std::nullopt));
    std::move(some.begin(), some.end(), std::back_inserter(decided));
  }
  std::ranges::sort(decided, std::greater<>(), &InstallRequestRecord::num);
  if (decided.size() > kListedDecided) decided.resize(kListedDecided);
  Html html;
  if (decided.empty()) return html;
  html << "<section><h2 id=\"decided\">Decided lately</h2>" << request_rows(web, decided)
       << "</section>";
  return html;
}

Html tenant_form(std::string_view tenant) {
  Html html;
  html << "<form class=\"row\" method=\"get\" action=\"/requests\"><label>Tenant <input "
          "name=\"tenant\" required value=\""
       << tenant << "\"></label><button>Show</button></form>";
  return html;
}

Result<Response> requests_page(Web& web, Visit& visit) {
  const Caller& caller = visit.caller();
  if (!caller.signed_in()) {
    return Error(ErrorCode::unauthorized, "requests are shown to members of their tenant");
  }
  if (caller.role == Role::publisher) {
    return Error(
        ErrorCode::forbidden,
        "install requests are a tenant's; sign in with a token of your tenant to see them");
  }
  PageText text;
  text.title = "Requests";
  text.body << "<h1>Install requests</h1>";
  std::string name(visit.parameter("tenant"));
  if (name.empty() && !caller.is_admin()) name = caller.subject;
  if (caller.is_admin()) text.body << tenant_form(name);
  if (name.empty()) {
    text.body << "<p>Name a tenant to see what waits there.</p>";
    return page(web, visit, text);
  }
  MKT_TRY(const TenantId tenant, TenantId::parse(name));
  const auto before = parse_natural(visit.parameter("before"));
  MKT_TRY(const Html waiting, waiting_section(web, visit, tenant, before));
  text.body << waiting;
  if (!before) {
    MKT_TRY(const Html decided, decided_section(web, visit, tenant));
    text.body << decided;
  }
  return page(web, visit, text);
}

}  // namespace

void add_request_pages(Router& router, const std::shared_ptr<Web>& web) {
  add_page(router, web, "GET", "/requests", {.like = "/v1/tenants/{tenant}/install-requests"},
           requests_page);
  add_page(router, web, "GET", "/requests/{tenant}/{id}", {.like = kLikeRequest}, request_page);
  add_page(router, web, "POST", "/requests/{tenant}/{id}/approve",
           {.like = "/v1/tenants/{tenant}/install-requests/{id}/approve"}, approve_page);
  add_page(router, web, "POST", "/requests/{tenant}/{id}/deny",
           {.like = "/v1/tenants/{tenant}/install-requests/{id}/deny"}, deny_page);
}

}  // namespace mkt
