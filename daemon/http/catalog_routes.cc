// Search, connectors, versions, tarballs and signatures: what anyone may read.
#include <fmt/format.h>

#include <charconv>

#include "common/base/utf8.h"
#include "daemon/http/byte_range.h"
#include "daemon/http/error_body.h"
#include "daemon/http/fields.h"
#include "daemon/http/rate_limit.h"
#include "daemon/http/routes.h"
#include "daemon/http/signature_schema.h"
#include "daemon/rules/visibility.h"
#include "daemon/service/catalog.h"
#include "daemon/service/record_messages.h"

namespace mkt {
namespace {

constexpr std::uint32_t kDefaultPageSize = 20;
constexpr std::uint32_t kMaxPageSize = 100;
constexpr std::uint32_t kMaxPage = 1'000'000;
constexpr std::size_t kMaxQueryBytes = 256;
constexpr std::size_t kMaxCategories = 10;
// Of the list in /v1/stats; the totals count all.
constexpr std::uint32_t kMaxListed = 1'000;

// A name that could be none is one that is not there: clients of the older protocol tell 404 from
// everything else.
Result<ConnectorId> connector_id_of(const Request& request) {
  const std::string& text = request.path_parameter("id");
  if (auto id = ConnectorId::parse(text)) return std::move(*id);
  return Error(ErrorCode::connector_not_found,
               fmt::format("there is no connector {}",
                           printable(std::string_view(text).substr(0, kMaxNameLength))));
}

std::vector<std::string> list_parameter(const RequestHead& head, std::string_view name) {
  std::vector<std::string> words;
  for (const auto& [n, value] : head.query) {
    if (n != name) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      if (end > 0) words.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return words;
}

// What is no number, or none that may be, is the default; what is too large is the largest: older
// clients ask for pages of any size, and are told in the answer which one they got.
std::uint32_t lenient_number(const RequestHead& head, std::string_view name,
                             std::uint32_t otherwise, std::uint32_t most) {
  const std::string_view text = head.parameter(name).value_or("");
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool digits = !text.empty() && end == text.data() + text.size();
  if (digits && error == std::errc::result_out_of_range) return most;
  if (!digits || error != std::errc() || value == 0) return otherwise;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, most));
}

// Without a word, or with one that is unknown: what fits best, or, where nothing is looked for,
// what is downloaded most.
SortBy sort_parameter(const RequestHead& head, bool has_text) {
  const std::string_view word = head.parameter("sortBy").value_or("");
  if (word == "downloads") return SortBy::downloads;
  if (word == "updated" || word == "updatedAt") return SortBy::updated;
  if (word == "name") return SortBy::name;
  return has_text && (word.empty() || word == "relevance") ? SortBy::relevance : SortBy::downloads;
}

Result<Response> search(const Marketplace& market, Request& request) {
  SearchQuery query;
  query.text = request.head.parameter("q").value_or("");
  if (query.text.size() > kMaxQueryBytes) {
    return Error(ErrorCode::invalid_request, fmt::format("q has {} bytes; at most {} are allowed",
                                                         query.text.size(), kMaxQueryBytes));
  }
  query.page = lenient_number(request.head, "page", 1, kMaxPage);
  query.page_size = lenient_number(request.head, "pageSize", kDefaultPageSize, kMaxPageSize);
  query.capabilities = list_parameter(request.head, "capabilities");
  query.categories = list_parameter(request.head, "categories");
  if (query.categories.size() > kMaxCategories) query.categories.resize(kMaxCategories);
  query.sort_by = sort_parameter(request.head, !query.text.empty());
  const std::string_view order = request.head.parameter("sortOrder").value_or("");
  const bool named = order == "asc" || order == "desc";
  query.descending = named ? order == "desc" : query.sort_by != SortBy::name;

  MKT_TRY(const SearchPage page, search_connectors(market, request.caller, query));
  wire::SearchResult result;
  for (const ConnectorRecord& c : page.connectors) result.connectors.push_back(hit_message(c));
  result.total = page.total;
  result.page = query.page;
  result.page_size = query.page_size;
  result.has_more = static_cast<std::uint64_t>(query.page) * query.page_size < page.total;
  return json_response(200, result.to_json());
}

Result<Response> connector(const Marketplace& market, Request& request) {
  MKT_TRY(const ConnectorId id, connector_id_of(request));
  const Freshness fresh = market.views.clock.of_connector(id.text());
  MKT_TRY(const ConnectorWithVersions found, show_connector(market, request.caller, id));
  const wire::ConnectorInfo info = connector_message(found);
  const bool earlier = is_earlier_mkt(request.head);
  Response response = kept_response(request, fresh, "application/json",
                                    dump_json(earlier ? info.to_earlier_json() : info.to_json()));
  if (earlier) response.same_while.reset();
  if (!is_for_everyone(found.connector.visible_to)) keep_from_others(response);
  response.headers.emplace_back("Vary", "User-Agent");
  return response;
}

Response answer_about(const Request& request, const VersionRecord& v, const Freshness& fresh,
                      std::string json) {
  Response response = kept_response(request, fresh, "application/json", std::move(json));
  if (!is_for_everyone(v.visible_to)) keep_from_others(response);
  return response;
}

Result<Response> version(const Marketplace& market, Request& request) {
  MKT_TRY(const ConnectorId id, connector_id_of(request));
  const Freshness fresh = market.views.clock.of_connector(id.text());
  MKT_TRY(const VersionRecord v,
          show_version(market, request.caller, id, request.path_parameter("version")));
  return answer_about(request, v, fresh, dump_json(version_message(v).to_json()));
}

Result<Response> signature(const Marketplace& market, Request& request) {
  MKT_TRY(const ConnectorId id, connector_id_of(request));
  const Freshness fresh = market.views.clock.of_connector(id.text());
  MKT_TRY(const VersionRecord v,
          show_version(market, request.caller, id, request.path_parameter("version")));
  return answer_about(request, v, fresh, v.signature);
}

Result<Response> tarball(const Marketplace& market, Usage& usage, Request& request) {
  MKT_TRY(const ConnectorId id, connector_id_of(request));
  const std::string& which = request.path_parameter("version");
  MKT_TRY(Tarball found, open_tarball(market, request.caller, id, which));
  const VersionRecord& v = found.version;
  const bool for_everyone = is_for_everyone(v.visible_to);
  const std::string etag = fmt::format("\"{}\"", v.checksum);

  Response response;
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Accept-Ranges", "bytes");
  // The bytes of a version never change; what "latest" is does.
  response.headers.emplace_back(
      "Cache-Control", which == "latest" ? "no-cache" : "public, max-age=31536000, immutable");
  if (!for_everyone) keep_from_others(response);
  if (etag_matches(request.head.header("if-none-match"), etag)) {
    response.status = 304;
    return response;
  }
  const std::string_view if_range = request.head.header("if-range");
  const bool ranged = if_range.empty() || if_range == etag;
  const RangeAnswer range =
      select_range(ranged ? request.head.header("range") : std::string_view(), v.size);
  if (range.kind == RangeAnswer::Kind::unsatisfiable) {
    response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", v.size));
    Response error = error_response(
        Error(ErrorCode::range_not_satisfiable,
              fmt::format("the tarball has {} bytes; the range lies outside of it", v.size)),
        failed_request(request));
    error.headers.insert(error.headers.end(), response.headers.begin(), response.headers.end());
    return error;
  }
  response.content_type = "application/gzip";
  response.headers.emplace_back(
      "Content-Disposition",
      fmt::format("attachment; filename=\"{}-{}.tar.gz\"", v.connector_id, v.version));
  if (range.kind == RangeAnswer::Kind::part) {
    response.status = 206;
    response.headers.emplace_back(
        "Content-Range",
        fmt::format("bytes {}-{}/{}", range.offset, range.offset + range.length - 1, v.size));
  }
  response.file = FileBody{std::move(found.file), range.offset, range.length};
  // A download is one that reached the end, in one piece or resumed.
  if (request.head.method != "HEAD" && range.offset + range.length == v.size) {
    response.when_sent = [&usage, version = std::move(found.version)] {
      usage.downloaded(version);
    };
  }
  return response;
}

// The older protocol tells of a download so; what counts is that the tarball was sent.
Result<Response> note_download(const Marketplace& market, Request& request) {
  MKT_TRY(const ConnectorId id, connector_id_of(request));
  MKT_TRY(const VersionRecord v,
          show_version(market, request.caller, id, request.path_parameter("version")));
  return json_response(200, wire::DownloadInfo{v.connector_id, v.version}.to_json());
}

Result<Response> health(const Marketplace& market, const Request& request) {
  MKT_TRY(const CatalogCounts counts, count_catalog(market, request.caller));
  return json_response(200, wire::CatalogHealthInfo{counts.connectors, counts.downloads}.to_json());
}

Result<Response> stats(const Marketplace& market, Request& request) {
  const Freshness fresh = market.views.clock.now();
  MKT_TRY(const CatalogSummary summary, summarize_catalog(market, request.caller, kMaxListed));
  const CatalogCounts& counts = summary.counts;
  wire::StatsInfo info{
      counts.connectors, counts.versions, counts.downloads, counts.active_keys, {}};
  for (const ConnectorCounts& c : summary.most_downloaded) {
    info.most_downloaded.push_back({c.id, c.versions, c.downloads, c.latest_version});
  }
  Response response = kept_response(request, fresh, "application/json", dump_json(info.to_json()));
  response.same_while.reset();  // counts of downloads move without a change of the catalog
  return response;
}

}  // namespace

void add_catalog_routes(Router& router, const Marketplace& market, Usage& usage,
                        RateLimiter& limiter) {
  const std::string base = "/v1/connectors/{id}";
  router.section("Catalog", "Search, connectors, versions and their files.");
  router.add("GET", "/v1/search",
             Operation("search", "Find connectors")
                 .query("q", "Words, at most 256 bytes; all connectors without.")
                 .query("page", "From 1.", "integer")
                 .query("pageSize", "1 to 100; 20 by default.", "integer")
                 .query("capabilities", "Only those that have all of these, with commas between.")
                 .query("categories", "Only those of one of these, with commas between.")
                 .query("sortBy", "relevance, downloads, updated or name.")
                 .query("sortOrder", "asc or desc.")
                 .answers<wire::SearchResult>(),
             limited(limiter, LimitScope::search, client_subject,
                     [&](Request& r) { return search(market, r); }));
  router.add("GET", base,
             Operation("showConnector", "Show a connector and its versions")
                 .answers<wire::ConnectorInfo>()
                 .answers(304),
             [&](Request& r) { return connector(market, r); });
  router.add("GET", base + "/{version}",
             Operation("showVersion", "Show a version and its manifest")
                 .answers<wire::VersionInfo>()
                 .answers(304),
             [&](Request& r) { return version(market, r); });
  router.add("GET", base + "/{version}/signature",
             Operation("showSignature", "Get the signature file of a version")
                 .answers(200, "application/json", signature_file_schema)
                 .answers(304),
             [&](Request& r) { return signature(market, r); });
  router.add("GET", base + "/{version}/tarball",
             Operation("downloadTarball", "Get the tarball of a version, or a part of it")
                 .header("Range", "One range of bytes.")
                 .answers(200, "application/gzip")
                 .answers(206, "application/gzip")
                 .answers(304),
             limited(limiter, LimitScope::download, client_subject,
                     [&](Request& r) { return tarball(market, usage, r); }));
  router.add("POST", base + "/{version}/download",
             Operation("noteDownload", "Tell of a download; it counts when the tarball was sent")
                 .answers<wire::DownloadInfo>(),
             [&](Request& r) { return note_download(market, r); });
  router.add("GET", "/health",
             Operation("showCatalogHealth", "Show that the registry answers, and its counts")
                 .answers<wire::CatalogHealthInfo>(),
             [&](Request& r) { return health(market, r); });
  router.add("GET", "/v1/stats",
             Operation("showStats", "Show the counts of the catalog")
                 .answers<wire::StatsInfo>()
                 .answers(304),
             limited(limiter, LimitScope::search, client_subject,
                     [&](Request& r) { return stats(market, r); }));
}

}  // namespace mkt
