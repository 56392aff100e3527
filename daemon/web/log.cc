// The audit log, newest first, for admins.
#include "common/base/text.h"
#include "daemon/service/audit_log.h"
#include "daemon/service/record_messages.h"
#include "daemon/web/pages.h"
#include "daemon/web/pieces.h"

namespace mkt {
namespace {

constexpr std::int64_t kEntriesOnPage = 50;

Html entry_row(const wire::LogInfo& entry) {
  Html html;
  html << "<tr><td class=\"number\">" << entry.sequence << "</td><td>" << time_of(entry.at)
       << "</td><td>" << entry.actor << "</td><td><code>" << entry.action << "</code></td><td>"
       << entry.subject;
  if (!entry.detail.empty()) html << "<div class=\"muted\">" << entry.detail << "</div>";
  html << "</td></tr>";
  return html;
}

Result<Response> log_page(Web& web, Visit& visit) {
  MKT_CHECK(require_admin(visit.caller()));
  MKT_TRY(const std::int64_t newest, newest_entry(web.market()));
  const auto asked = parse_natural(visit.parameter("before"));
  const std::int64_t before = asked ? std::min(*asked, newest + 1) : newest + 1;
  LogQuery query;
  query.after = std::max<std::int64_t>(before - 1 - kEntriesOnPage, 0);
  query.limit = static_cast<std::uint32_t>(kEntriesOnPage);
  MKT_TRY(auto entries, read_log(web.market(), query));
  PageText text;
  text.title = "Log";
  text.body << "<h1>Log</h1><p>Every change of this registry, newest first.</p><div "
               "class=\"scroll\" role=\"region\" aria-label=\"Entries\" tabindex=\"0\"><table "
               "class=\"log\"><thead><tr><th scope=\"col\" class=\"number\">No.</th>"
               "<th scope=\"col\">When</th><th scope=\"col\">Who</th><th scope=\"col\">What</th>"
               "<th scope=\"col\">About</th></tr></thead><tbody>";
  for (auto it = entries.rbegin(); it != entries.rend(); ++it) {
    if (it->seq < before) text.body << entry_row(log_message(*it));
  }
  text.body << "</tbody></table></div><nav class=\"pager\" aria-label=\"Pages of the log\">";
  if (before <= newest) text.body << "<a href=\"/log\">Newest</a>";
  if (query.after > 0) {
    text.body << "<a rel=\"next\" href=\""
              << Href("/log").with("before", std::to_string(query.after + 1)) << "\">Older</a>";
  }
  text.body << "</nav>";
  return page(web, visit, text);
}

}  // namespace

void add_log_pages(Router& router, const std::shared_ptr<Web>& web) {
  add_page(router, web, "GET", "/log", {.like = "/v1/log"}, log_page);
}

}  // namespace mkt
