// A publisher, its keys, and what it published.
#include "daemon/service/publishers.h"

#include <fmt/format.h>

#include "daemon/service/record_messages.h"
#include "daemon/web/pages.h"
#include "daemon/web/pieces.h"

namespace mkt {
namespace {

Html key_row(const wire::KeyInfo& key) {
  Html html;
  html << "<tr><th scope=\"row\"><code class=\"break\">" << key.key_id << "</code></th><td>"
       << state_badge(key.status) << "</td><td>" << day_of(key.created_at) << "</td><td>";
  if (key.expires_at) html << day_of(*key.expires_at);
  html << "</td><td>";
  if (key.revoked_at) {
    html << day_of(*key.revoked_at) << " " << key.reason_code;
    if (!key.reason.empty()) html << ": " << key.reason;
  }
  html << "</td></tr>";
  return html;
}

Result<Response> publisher_page(Web& web, Visit& visit) {
  const auto id = PublisherId::parse(visit.request.path_parameter("id"));
  if (!id) return Error(ErrorCode::publisher_not_found, "there is no such publisher");
  const Freshness fresh = web.market().views.clock.of_catalog();
  MKT_TRY(const PublisherWithKeys found, show_publisher(web.market(), *id));
  const wire::PublisherInfo publisher =
      publisher_message(found.publisher, found.keys, web.market().now());
  bool changes_by_itself = false;
  for (const KeyRecord& key : found.keys) {
    changes_by_itself = changes_by_itself || key.expires_at.has_value();
  }
  PageText text;
  text.title = publisher.id;
  text.body << "<div class=\"title\"><h1>"
            << (publisher.display_name.empty() ? publisher.id : publisher.display_name)
            << "</h1><p class=\"ids\"><code>" << publisher.id << "</code> "
            << (publisher.verified ? badge("verified", Tone::good)
                                   : badge("not verified", Tone::caution))
            << state_badge(publisher.status) << "</p><p class=\"muted\">Here since "
            << day_of(publisher.created_at) << "</p></div>";
  if (publisher.status != "active") {
    text.body << "<div class=\"notice bad\" role=\"note\"><strong>This publisher is "
              << publisher.status << ".</strong> " << publisher.status_reason << "</div>";
  }
  text.body << "<section><h2 id=\"keys\">Keys</h2><div class=\"scroll\" "
               "role=\"region\" aria-label=\"Keys\" tabindex=\"0\"><table><thead><tr>"
               "<th scope=\"col\">Key</th><th scope=\"col\">State</th><th scope=\"col\">Since</th>"
               "<th scope=\"col\">Until</th><th scope=\"col\">Revoked</th></tr></thead><tbody>";
  for (const wire::KeyInfo& key : publisher.keys) text.body << key_row(key);
  text.body << "</tbody></table></div></section>";
  return page(web, visit, text, changes_by_itself ? std::nullopt : std::optional(fresh));
}

}  // namespace

void add_publisher_pages(Router& router, const std::shared_ptr<Web>& web) {
  add_page(router, web, "GET", "/publishers/{id}", {.like = "/v1/publishers/{id}"}, publisher_page);
}

}  // namespace mkt
