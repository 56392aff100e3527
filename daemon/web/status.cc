// The state of the daemon and what is left of the limits.
#include "daemon/http/limit_listing.h"
#include "daemon/web/pages.h"
#include "daemon/web/pieces.h"

namespace mkt {
namespace {

Html parts_table(const wire::StatusInfo& status) {
  Html html;
  html << "<div class=\"scroll\" role=\"region\" aria-label=\"Parts\" tabindex=\"0\"><table>"
          "<thead><tr><th scope=\"col\">Part</th><th scope=\"col\">State</th>"
          "<th scope=\"col\">Why</th></tr></thead><tbody>";
  for (const wire::PartInfo& part : status.parts) {
    html << "<tr><th scope=\"row\">" << part.name << "</th><td>" << state_badge(part.status)
         << "</td><td>" << part.reason << "</td></tr>";
  }
  html << "</tbody></table></div>";
  return html;
}

Html breakers_table(const wire::StatusInfo& status) {
  Html html;
  if (status.breakers.empty()) return html;
  html << "<h2>Circuit breakers</h2><div class=\"scroll\" role=\"region\" aria-label=\"Circuit "
          "breakers\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">To</th>"
          "<th scope=\"col\">State</th><th scope=\"col\" class=\"number\">Went well</th>"
          "<th scope=\"col\" class=\"number\">Failed</th><th scope=\"col\" "
          "class=\"number\">Refused</th></tr></thead><tbody>";
  for (const wire::BreakerInfo& b : status.breakers) {
    html << "<tr><th scope=\"row\">" << b.name << "</th><td>" << state_badge(b.state)
         << "</td><td class=\"number\">" << b.successes << "</td><td class=\"number\">"
         << b.failures << "</td><td class=\"number\">" << b.refused << "</td></tr>";
  }
  html << "</tbody></table></div>";
  return html;
}

Html limits_table(const wire::LimitListing& listing) {
  Html html;
  html << "<div class=\"scroll\" role=\"region\" aria-label=\"Limits\" tabindex=\"0\"><table>"
          "<thead><tr><th scope=\"col\">Limit</th><th scope=\"col\">Of</th>"
          "<th scope=\"col\" class=\"number\">Allowed</th><th scope=\"col\" "
          "class=\"number\">Left</th><th scope=\"col\">One more in</th></tr></thead><tbody>";
  for (const wire::LimitInfo& limit : listing.limits) {
    html << "<tr><th scope=\"row\"><code>" << limit.scope << "</code></th><td>" << limit.subject
         << "</td><td class=\"number\">";
    if (limit.limit && limit.window_seconds) {
      html << *limit.limit << " in " << *limit.window_seconds << " s";
    } else {
      html << "any number";
    }
    html << "</td><td class=\"number\">";
    if (limit.remaining) html << *limit.remaining;
    html << "</td><td>";
    if (limit.reset_seconds) html << *limit.reset_seconds << " s";
    html << "</td></tr>";
  }
  html << "</tbody></table></div>";
  return html;
}

Result<Response> status_page(Web& web, Visit& visit) {
  const bool admin = visit.caller().is_admin();
  if (!web.parts.operations.for_anyone()) MKT_CHECK(require_admin(visit.caller()));
  const wire::StatusInfo status = web.parts.operations.status();
  PageText text;
  text.title = "Status";
  text.body << "<h1>Status " << state_badge(status.status) << "</h1><p>mktd " << status.version
            << ", running since " << time_of(status.started_at) << ".</p>" << parts_table(status)
            << breakers_table(status);
  MKT_TRY(const auto limits,
          list_limits(web.parts.limiter, visit.request, visit.request.head.parameter("subject")));
  text.body << "<h2>Limits</h2>";
  if (admin) {
    text.body << "<form class=\"row\" method=\"get\" action=\"/status\"><label>Of somebody else "
                 "<input name=\"subject\" placeholder=\"publisher:acme\" required value=\""
              << visit.parameter("subject") << "\"></label><button>Show</button></form>";
  } else {
    text.body << "<p class=\"muted\">Yours; admins see those of others.</p>";
  }
  text.body << limits_table(limits);
  Response response = page(web, visit, text);
  for (auto& [name, value] : response.headers) {
    if (name == "Cache-Control") value = "no-store";
  }
  return response;
}

}  // namespace

void add_status_pages(Router& router, const std::shared_ptr<Web>& web) {
  // What the daemon tells of itself is told as in the API: to anyone, or to admins.
  add_page(router, web, "GET", "/status", {.always_open = true}, status_page);
}

}  // namespace mkt
