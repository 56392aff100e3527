// Search, connectors, versions, tarballs and signatures: what anyone may read.
#include <fmt/format.h>

#include "daemon/http/byte_range.h"
#include "daemon/http/fields.h"
#include "daemon/http/rate_limit.h"
#include "daemon/http/record_messages.h"
#include "daemon/http/routes.h"
#include "daemon/service/catalog.h"

namespace mkt {
namespace {

constexpr std::uint32_t kDefaultPageSize = 20;
constexpr std::uint32_t kMaxPageSize = 100;
constexpr std::uint32_t kMaxPage = 1'000'000;
constexpr std::size_t kMaxQueryBytes = 256;

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

Result<SortBy> sort_parameter(const RequestHead& head) {
  const std::string_view word = head.parameter("sortBy").value_or("relevance");
  if (word == "relevance" || word.empty()) return SortBy::relevance;
  if (word == "downloads") return SortBy::downloads;
  if (word == "updated" || word == "updatedAt") return SortBy::updated;
  if (word == "name") return SortBy::name;
  return Error(ErrorCode::invalid_request, "sortBy must be relevance, downloads, updated or name");
}

Result<Response> search(const Marketplace& market, Request& request) {
  SearchQuery query;
  query.text = request.head.parameter("q").value_or("");
  if (query.text.size() > kMaxQueryBytes) {
    return Error(ErrorCode::invalid_request, fmt::format("q has {} bytes; at most {} are allowed",
                                                         query.text.size(), kMaxQueryBytes));
  }
  MKT_TRY(const std::uint64_t page_number, number_parameter(request.head, "page", 1, 1, kMaxPage));
  MKT_TRY(const std::uint64_t page_size,
          number_parameter(request.head, "pageSize", kDefaultPageSize, 1, kMaxPageSize));
  query.page = static_cast<std::uint32_t>(page_number);
  query.page_size = static_cast<std::uint32_t>(page_size);
  query.capabilities = list_parameter(request.head, "capabilities");
  query.categories = list_parameter(request.head, "categories");
  MKT_TRY(query.sort_by, sort_parameter(request.head));
  const std::string_view order = request.head.parameter("sortOrder").value_or("");
  if (!order.empty() && order != "asc" && order != "desc") {
    return Error(ErrorCode::invalid_request, "sortOrder must be asc or desc");
  }
  query.descending = order.empty() ? query.sort_by != SortBy::name : order == "desc";

  MKT_TRY(const SearchPage page, market.store.search(query));
  wire::SearchResult result;
  for (const ConnectorRecord& c : page.connectors) result.connectors.push_back(hit_message(c));
  result.total = page.total;
  result.page = query.page;
  result.page_size = query.page_size;
  result.has_more = static_cast<std::uint64_t>(query.page) * query.page_size < page.total;
  return json_response(200, result.to_json());
}

Result<Response> connector(const Marketplace& market, Request& request) {
  MKT_TRY(const ConnectorId id, ConnectorId::parse(request.path_parameter("id")));
  const Freshness fresh = market.store.freshness_of(id.text());
  MKT_TRY(const ConnectorWithVersions found, show_connector(market, id));
  const ConnectorRecord& c = found.connector;
  wire::ConnectorInfo info{c.id,
                           c.latest_version,
                           c.display_name,
                           c.description,
                           c.author,
                           c.owner,
                           c.capabilities,
                           c.downloads,
                           format_utc(c.created_at),
                           format_utc(c.updated_at),
                           {}};
  for (const VersionRecord& v : found.versions) info.versions.push_back(version_message(v));
  return kept_response(request, fresh, "application/json", dump_json(info.to_json()));
}

Result<Response> version(const Marketplace& market, Request& request) {
  MKT_TRY(const ConnectorId id, ConnectorId::parse(request.path_parameter("id")));
  const Freshness fresh = market.store.freshness_of(id.text());
  MKT_TRY(const VersionRecord v, show_version(market, id, request.path_parameter("version")));
  return kept_response(request, fresh, "application/json", dump_json(version_message(v).to_json()));
}

Result<Response> signature(const Marketplace& market, Request& request) {
  MKT_TRY(const ConnectorId id, ConnectorId::parse(request.path_parameter("id")));
  const Freshness fresh = market.store.freshness_of(id.text());
  MKT_TRY(const VersionRecord v, show_version(market, id, request.path_parameter("version")));
  return kept_response(request, fresh, "application/json", v.signature);
}

Result<Response> tarball(const Marketplace& market, Usage& usage, Request& request) {
  MKT_TRY(const ConnectorId id, ConnectorId::parse(request.path_parameter("id")));
  const std::string& which = request.path_parameter("version");
  MKT_TRY(Tarball found, open_tarball(market, id, which));
  const VersionRecord& v = found.version;
  const std::string etag = fmt::format("\"{}\"", v.checksum);

  Response response;
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Accept-Ranges", "bytes");
  // The bytes of a version never change; what "latest" is does.
  response.headers.emplace_back(
      "Cache-Control", which == "latest" ? "no-cache" : "public, max-age=31536000, immutable");
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
        request.caller.request_id);
    error.headers.insert(error.headers.end(), response.headers.begin(), response.headers.end());
    return error;
  }
  response.content_type = "application/gzip";
  response.headers.emplace_back(
      "Content-Disposition",
      fmt::format("attachment; filename=\"{}-{}.tgz\"", v.connector_id, v.version));
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

}  // namespace

void add_catalog_routes(Router& router, const Marketplace& market, Usage& usage,
                        RateLimiter& limiter) {
  const std::string base = "/v1/connectors/{id}";
  router.add("GET", "/v1/search",
             limited(limiter, LimitScope::search, client_subject,
                     [&](Request& r) { return search(market, r); }));
  router.add("GET", base, [&](Request& r) { return connector(market, r); });
  router.add("GET", base + "/{version}", [&](Request& r) { return version(market, r); });
  router.add("GET", base + "/{version}/signature",
             [&](Request& r) { return signature(market, r); });
  router.add("GET", base + "/{version}/tarball",
             limited(limiter, LimitScope::download, client_subject,
                     [&](Request& r) { return tarball(market, usage, r); }));
}

}  // namespace mkt
