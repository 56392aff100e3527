// The home page, and what a search finds.
#include <fmt/format.h>

#include "common/base/text.h"
#include "daemon/http/rate_limit.h"
#include "daemon/service/catalog.h"
#include "daemon/web/pages.h"
#include "daemon/web/pieces.h"

namespace mkt {
namespace {

constexpr std::uint32_t kListedAtHome = 12;
constexpr std::uint32_t kHitsOnPage = 20;
constexpr std::uint32_t kMaxHitsPage = 10'000;
constexpr std::size_t kMaxSearchedBytes = 256;

Html hit(const ConnectorRecord& c) {
  Html html;
  html << "<li><div class=\"name\"><h3><a href=\"" << Href::path({"connectors", c.id}) << "\">"
       << c.id << "</a></h3><span class=\"version\">" << c.latest_version << "</span>";
  if (c.quarantined) html << badge("quarantined", Tone::bad);
  html << "</div>";
  if (!c.description.empty()) html << "<p>" << c.description << "</p>";
  html << "<p class=\"facts\">";
  if (!c.author.empty()) html << "<span>" << c.author << "</span>";
  html << "<span>updated " << day_of(format_utc(c.updated_at)) << "</span><span>"
       << number_of(c.downloads) << (c.downloads == 1 ? Markup(" download") : Markup(" downloads"))
       << "</span>";
  for (const std::string& capability : c.capabilities) html << badge(capability, Tone::plain);
  html << "</p></li>";
  return html;
}

Html hits(const std::vector<ConnectorRecord>& connectors) {
  Html html;
  html << "<ol class=\"hits\">";
  for (const ConnectorRecord& c : connectors) html << hit(c);
  html << "</ol>";
  return html;
}

Result<Html> list_sorted(const Web& web, const Visit& visit, SortBy sort_by) {
  SearchQuery query;
  query.sort_by = sort_by;
  query.page_size = kListedAtHome;
  MKT_TRY(const SearchPage found, search_connectors(web.market(), visit.caller(), query));
  return hits(found.connectors);
}

Html count(std::int64_t number, Markup one, Markup many) {
  Html html;
  html << "<div><dt>" << (number == 1 ? one : many) << "</dt><dd>" << number_of(number)
       << "</dd></div>";
  return html;
}

Result<Response> home(Web& web, Visit& visit) {
  const Freshness fresh = web.market().views.clock.of_catalog();
  MKT_TRY(const CatalogCounts counts, count_catalog(web.market(), visit.caller()));
  PageText text;
  text.title = "Connectors";
  text.body << "<div class=\"lead\"><h1>Connectors for agents</h1><p>Signed by their publishers, "
               "checked by this registry, installed by what your policy allows.</p><dl "
               "class=\"counts\">"
            << count(counts.connectors, "connector", "connectors")
            << count(counts.versions, "version", "versions")
            << count(counts.downloads, "download", "downloads")
            << count(counts.active_keys, "active key", "active keys") << "</dl></div>";
  if (counts.connectors == 0) {
    text.body << "<p>Nothing is published here yet. <code>mkt init</code> begins a connector, and "
                 "<code>mkt publish</code> publishes it.</p>";
  } else {
    MKT_TRY(const Html updated, list_sorted(web, visit, SortBy::updated));
    MKT_TRY(const Html popular, list_sorted(web, visit, SortBy::downloads));
    text.body << "<div class=\"two\"><section><h2 id=\"updated\">Just "
                 "updated</h2>"
              << updated
              << "</section><section><h2 id=\"popular\">Most "
                 "downloaded</h2>"
              << popular << "</section></div><p><a href=\"/search\">All connectors</a></p>";
  }
  return page(web, visit, text, fresh);
}

Href page_of_search(std::string_view words, std::uint32_t number) {
  const Href search = Href("/search").with("q", words);
  return number == 1 ? search : search.with("page", std::to_string(number));
}

std::uint32_t last_page(std::uint64_t total) {
  const std::uint64_t pages = (total + kHitsOnPage - 1) / kHitsOnPage;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(pages, kMaxHitsPage));
}

Html pager(std::string_view words, std::uint32_t number, std::uint64_t total) {
  Html html;
  const auto to = [&](std::uint32_t n) { return page_of_search(words, n); };
  const bool more = std::uint64_t{number} * kHitsOnPage < total;
  if (number == 1 && !more) return html;
  html << "<nav class=\"pager\" aria-label=\"Pages of results\">";
  if (number > 1) html << "<a rel=\"prev\" href=\"" << to(number - 1) << "\">Before</a>";
  html << "<span>Page " << number << "</span>";
  if (more) html << "<a rel=\"next\" href=\"" << to(number + 1) << "\">More</a>";
  html << "</nav>";
  return html;
}

Result<Response> search_page(Web& web, Visit& visit) {
  MKT_CHECK(count_request(web.parts.limiter, LimitScope::search,
                          {address_subject(visit.caller().address), visit.caller().address},
                          visit.request));
  SearchQuery query;
  query.text = trim(visit.parameter("q"));
  if (query.text.size() > kMaxSearchedBytes) {
    return Error(ErrorCode::invalid_request,
                 fmt::format("what is looked for has {} bytes; at most {} are allowed",
                             query.text.size(), kMaxSearchedBytes));
  }
  query.sort_by = query.text.empty() ? SortBy::downloads : SortBy::relevance;
  query.page_size = kHitsOnPage;
  query.page = std::clamp<std::uint32_t>(
      parse_whole<std::uint32_t>(visit.parameter("page")).value_or(1), 1, kMaxHitsPage);
  MKT_TRY(const SearchPage found, search_connectors(web.market(), visit.caller(), query));
  if (found.connectors.empty() && found.total > 0) {
    return see_other(page_of_search(query.text, last_page(found.total)));
  }
  PageText text;
  text.searched = query.text;
  text.title = query.text.empty() ? "All connectors" : query.text;
  text.body << "<h1>" << (query.text.empty() ? Markup("All connectors") : Markup("Results"))
            << "</h1><p role=\"status\">";
  if (found.total == 0) {
    text.body << (query.text.empty() ? Markup("Nothing is published here yet")
                                     : Markup("No connector has all of these words"));
  } else {
    text.body << number_of(static_cast<std::int64_t>(found.total))
              << (found.total == 1 ? Markup(" connector") : Markup(" connectors"));
  }
  if (!query.text.empty()) {
    text.body << (found.total == 0 ? Markup(": ") : Markup(" for ")) << "<q>" << query.text
              << "</q>";
  }
  text.body << "</p>";
  if (found.total > 0) {
    text.body << "<h2 class=\"hidden\">Connectors</h2>" << hits(found.connectors)
              << pager(query.text, query.page, found.total);
  }
  return page(web, visit, text);
}

}  // namespace

void add_home_pages(Router& router, const std::shared_ptr<Web>& web) {
  add_page(router, web, "GET", "/", {}, home);
  add_page(router, web, "GET", "/search", {.like = "/v1/search"}, search_page);
}

}  // namespace mkt
