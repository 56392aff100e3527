#include "daemon/service/mcp_servers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "common/base/encoding.h"
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/connector/checksum.h"
#include "common/connector/mcp_declaration.h"
#include "daemon/rules/latest.h"
#include "daemon/rules/visibility.h"
#include "daemon/service/installs.h"
#include "daemon/service/visibility.h"

namespace mkt {
namespace {

constexpr std::string_view kSchemaUrl =
    "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";
constexpr std::string_view kOfficial = "io.modelcontextprotocol.registry/official";
// Of server.json, in characters.
constexpr std::size_t kMaxDescription = 100;
constexpr std::size_t kMaxTitle = 100;
constexpr std::size_t kMaxStatusMessage = 500;
// A page of a tenant looks at most at so many versions, as each costs a few reads.
constexpr std::size_t kMaxJudged = 500;
constexpr std::size_t kMaxCursorBytes = 1024;

using Connectors = McpList::Connectors;

Error no_server() {
  return Error(ErrorCode::not_found, "there is no such server, or none that this list has");
}

// The place after which a page begins, and what was searched for: Visual Studio Code asks for the
// next page of a search with the cursor alone.
struct Place {
  std::string id;
  std::int64_t seq = 0;
  std::string search = {};
};

// "ID:SEQ:SEARCH" in hex, so that no client has to encode it.
std::string cursor_of(const Place& place) {
  return to_hex(as_bytes(fmt::format("{}:{}:{}", place.id, place.seq, place.search)));
}

Result<Place> read_cursor(std::string_view text) {
  if (text.empty()) return Place{};
  const Error wrong(ErrorCode::invalid_request,
                    "cursor must be the nextCursor of the page before, unchanged");
  if (text.size() > kMaxCursorBytes) return wrong;
  const auto bytes = from_hex(text);
  if (!bytes) return wrong;
  const std::string_view plain = as_text(*bytes);
  const std::size_t colon = plain.find(':');
  if (colon == std::string_view::npos || !is_valid_name(plain.substr(0, colon))) return wrong;
  Place place{std::string(plain.substr(0, colon)), 0};
  const std::string_view rest = plain.substr(colon + 1);
  const std::string_view digits = rest.substr(0, rest.find(':'));
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), place.seq);
  if (error != std::errc() || end != digits.data() + digits.size()) return wrong;
  if (digits.size() < rest.size()) place.search = rest.substr(digits.size() + 1);
  return place;
}

Status require_list(const Marketplace& market, const Caller& caller, const McpScope& scope) {
  if (!scope.tenant || market.anyone_reads()) return {};
  return require_member(caller, *scope.tenant);
}

// One caller's view of a scope, in one snapshot.
class Shelf {
 public:
  Shelf(const Records& records, const Caller& caller, const McpScope& scope)
      : records_(records), viewer_(viewer_of(caller)), scope_(scope) {}

  bool has(const McpConnector& c) const {
    if (!sees(viewer_, c.visible_to, c.owners)) return false;
    if (!scope_.tenant || is_for_everyone(c.visible_to)) return true;
    // What a tenant approved of what few may see is for that tenant.
    const std::string& tenant = scope_.tenant->text();
    return is_visible_to(c.visible_to, tenant) && (viewer_.is_admin || viewer_.tenant == tenant);
  }

  bool has(const McpConnector& c, const McpVersion& v) const {
    if (!scope_.tenant) return true;
    const std::string& tenant = scope_.tenant->text();
    if (v.status == McpStatus::deleted) return is_approved(tenant, c.id, v.version);
    const auto decision = preview_install(records_, tenant, c.id, v.version);
    if (!decision || decision->outcome == Decision::Outcome::refused) return false;
    return decision->outcome == Decision::Outcome::allowed || is_approved(tenant, c.id, v.version);
  }

  // Of everyone's list the connector's own latest version; of a tenant's the highest that it has.
  std::string latest(const McpConnector& c) const {
    if (!scope_.tenant) return c.latest_version;
    std::vector<VersionRecord> mine;
    for (const McpVersion& v : c.versions) {
      if (v.status == McpStatus::deleted || !has(c, v)) continue;
      if (v.version == c.latest_version) return v.version;
      mine.emplace_back().version = v.version;
    }
    const VersionRecord* latest = latest_of(mine);
    return latest == nullptr ? std::string() : latest->version;
  }

  // nullopt where it was hidden since the list was read.
  std::optional<McpServer> server(const McpConnector& c, const McpVersion& v,
                                  std::string_view latest) const {
    auto row = records_.catalog().version(c.id, v.version);
    if (!row) return std::nullopt;
    if (row->visible_to != c.visible_to) return std::nullopt;
    return McpServer{std::move(*row), v, std::max(v.status_changed_at, c.updated_at),
                     v.version == latest};
  }

 private:
  bool is_approved(const std::string& tenant, const std::string& id,
                   const std::string& version) const {
    const auto request = records_.requests().latest(tenant, id, version);
    if (!request || request->status != RequestStatus::approved) return false;
    const auto row = records_.catalog().version_head(id, version);
    return row && row->checksum == request->checksum;
  }

  const Records& records_;
  const Viewer viewer_;
  const McpScope& scope_;
};

bool is_wanted(const McpQuery& query, const McpConnector& c, const McpVersion& v) {
  const bool with_deleted = query.include_deleted || query.updated_since.has_value();
  if (v.status == McpStatus::deleted && !with_deleted) return false;
  if (!query.version.empty() && query.version != "latest" && v.version != query.version) {
    return false;
  }
  return !query.updated_since ||
         std::max(v.status_changed_at, c.updated_at) >= *query.updated_since;
}

bool has_name_like(const McpScope& scope, const std::string& id, const std::string& part) {
  if (part.empty()) return true;
  return lower_case(fmt::format("{}/{}", scope.name_space, id)).find(lower_case(part)) !=
         std::string::npos;
}

// The connector's id in a server's name; empty where the name is of another registry.
std::string_view id_in(std::string_view name, const McpScope& scope) {
  if (!name.starts_with(scope.name_space)) return {};
  name.remove_prefix(scope.name_space.size());
  if (!name.starts_with('/')) return {};
  return name.substr(1);
}

McpPage page_of(const Connectors& connectors, const Shelf& shelf, const McpScope& scope,
                const McpQuery& query, const Place& after) {
  McpPage page;
  std::size_t judged = 0;
  Place at = after;
  if (!query.search.empty()) at.search = query.search;
  for (auto it = connectors.lower_bound(after.id); it != connectors.end(); ++it) {
    const McpConnector& c = *it->second;
    if (!shelf.has(c) || !has_name_like(scope, c.id, at.search)) continue;
    std::optional<std::string> latest;
    for (const McpVersion& v : c.versions) {
      if (c.id == after.id && v.seq <= after.seq) continue;
      if (!is_wanted(query, c, v)) continue;
      if (page.servers.size() == query.limit || judged >= kMaxJudged) {
        page.next_cursor = cursor_of(at);
        return page;
      }
      if (scope.tenant) judged += latest ? 1 : 1 + c.versions.size();
      if (!latest) latest = shelf.latest(c);
      at.id = c.id;
      at.seq = v.seq;
      if (query.version == "latest" && v.version != *latest) continue;
      if (!shelf.has(c, v)) continue;
      if (auto server = shelf.server(c, v, *latest)) page.servers.push_back(std::move(*server));
    }
  }
  return page;
}

// At most so many characters, on one line.
std::string one_line(std::string_view text, std::size_t most) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (line.ends_with(' ')) line.pop_back();
  if (count_code_points(line) <= most) return line;
  std::size_t end = 0, taken = 0;
  while (end < line.size()) {
    std::size_t next = end + 1;
    while (next < line.size() && (static_cast<unsigned char>(line[next]) & 0xC0) == 0x80) ++next;
    if (++taken == most) break;  // the last one is for the sign that something is left out
    end = next;
  }
  return line.substr(0, end) + "…";
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// The forge by its host, as the official registry names them.
std::string source_of(std::string_view url) {
  std::string_view host = url.substr(url.find("//") + 2);
  host = host.substr(0, host.find_first_of("/?#"));
  host = host.substr(host.find('@') == std::string_view::npos ? 0 : host.find('@') + 1);
  if (host == "github.com" || host == "www.github.com") return "github";
  return host == "gitlab.com" ? "gitlab" : std::string(host);
}

Json package_of(const VersionRecord& v, const Json& mcp) {
  Json package = mcp_package(mcp);
  if (package.is_null()) {
    // The connector's own tarball, from this registry.
    package = {{"registryType", "mkt"}, {"identifier", v.connector_id}, {"version", v.version}};
    if (const auto sum = Checksum::parse(v.checksum)) package["fileSha256"] = sum->hex();
  }
  if (const auto hint = text_member(mcp, "runtimeHint")) package["runtimeHint"] = *hint;
  package["transport"] = mcp_transport(mcp);
  if (Json list = mcp_arguments(mcp); !list.empty()) package["packageArguments"] = std::move(list);
  if (Json list = mcp_environment(mcp); !list.empty()) {
    package["environmentVariables"] = std::move(list);
  }
  return package;
}

Json server_json(const VersionRecord& v, const McpScope& scope) {
  const auto parsed = parse_json(v.manifest, "a manifest");
  const Json manifest = parsed ? *parsed : Json::object();
  const std::string name = text_member(manifest, "displayName").value_or("");
  std::string about = one_line(text_member(manifest, "description").value_or(""), kMaxDescription);
  if (about.empty()) about = one_line(name, kMaxDescription);
  const std::string title = one_line(name, kMaxTitle);
  Json server{{"$schema", kSchemaUrl},
              {"name", fmt::format("{}/{}", scope.name_space, v.connector_id)},
              {"description", about.empty() ? v.connector_id : about},
              {"version", v.version}};
  if (!title.empty()) server["title"] = title;
  if (const auto url = text_member(manifest, "homepage"); url && !url->empty() && is_ascii(*url)) {
    server["websiteUrl"] = *url;
  }
  if (const auto url = text_member(manifest, "repository");
      url && url->find("//") != std::string::npos && is_ascii(*url)) {
    server["repository"] = {{"url", *url}, {"source", source_of(*url)}};
  }
  const auto mcp = manifest.find("mcp");
  if (mcp == manifest.end() || !check_mcp(*mcp).empty()) return server;
  if (is_mcp_remote(*mcp)) {
    server["remotes"] = Json::array({mcp_transport(*mcp)});
  } else {
    server["packages"] = Json::array({package_of(v, *mcp)});
  }
  return server;
}

std::string_view status_word(McpStatus status) {
  switch (status) {
    case McpStatus::active:
      return "active";
    case McpStatus::deprecated:
      return "deprecated";
    case McpStatus::deleted:
      break;
  }
  return "deleted";
}

std::string status_message(const VersionRecord& v) {
  if (v.withdrawn_at)
    return fmt::format("withdrawn ({}): {}", v.withdrawal_code, v.withdrawal_reason);
  if (v.quarantined) {
    return v.quarantine_reason.empty()
               ? std::string("in quarantine: the key that signed it is compromised")
               : "in quarantine: " + v.quarantine_reason;
  }
  return v.deprecated ? v.deprecation_reason : std::string();
}

}  // namespace

Result<McpPage> McpServers::list(const Caller& caller, const McpScope& scope,
                                 const McpQuery& query) const {
  MKT_CHECK(require_list(market_, caller, scope));
  MKT_TRY(const Place after, read_cursor(query.cursor));
  MKT_TRY(const auto connectors, list_.all());
  return market_.read([&](const Records& records) {
    return page_of(*connectors, Shelf(records, caller, scope), scope, query, after);
  });
}

Result<std::vector<McpServer>> McpServers::versions(const Caller& caller, const McpScope& scope,
                                                    std::string_view name) const {
  MKT_CHECK(require_list(market_, caller, scope));
  MKT_TRY(const auto connectors, list_.all());
  const auto found = connectors->find(id_in(name, scope));
  if (found == connectors->end()) return no_server();
  return market_.read([&](const Records& records) -> Result<std::vector<McpServer>> {
    const Shelf shelf(records, caller, scope);
    const McpConnector& c = *found->second;
    if (!shelf.has(c)) return no_server();
    const std::string latest = shelf.latest(c);
    std::vector<McpServer> servers;
    for (auto v = c.versions.rbegin(); v != c.versions.rend(); ++v) {
      if (v->status == McpStatus::deleted || !shelf.has(c, *v)) continue;
      if (auto server = shelf.server(c, *v, latest)) servers.push_back(std::move(*server));
      if (servers.size() == kMaxMcpServers) break;
    }
    if (servers.empty()) return no_server();
    return servers;
  });
}

Result<McpServer> McpServers::show(const Caller& caller, const McpScope& scope,
                                   std::string_view name, std::string_view which) const {
  MKT_CHECK(require_list(market_, caller, scope));
  MKT_TRY(const auto connectors, list_.all());
  const auto found = connectors->find(id_in(name, scope));
  if (found == connectors->end()) return no_server();
  return market_.read([&](const Records& records) -> Result<McpServer> {
    const Shelf shelf(records, caller, scope);
    const McpConnector& c = *found->second;
    if (!shelf.has(c)) return no_server();
    const std::string latest = shelf.latest(c);
    const std::string_view wanted = which == "latest" ? std::string_view(latest) : which;
    for (const McpVersion& v : c.versions) {
      if (v.version != wanted || !shelf.has(c, v)) continue;
      if (auto server = shelf.server(c, v, latest)) return std::move(*server);
    }
    return no_server();
  });
}

wire::McpServerInfo mcp_message(const McpServer& s, const McpScope& scope) {
  Json official{{"status", status_word(s.listed.status)}};
  if (const std::string why = one_line(status_message(s.version), kMaxStatusMessage);
      !why.empty()) {
    official["statusMessage"] = why;
  }
  official["statusChangedAt"] = format_utc(s.listed.status_changed_at);
  official["publishedAt"] = format_utc(s.version.published_at);
  official["updatedAt"] = format_utc(s.updated_at);
  official["isLatest"] = s.is_latest;
  Json meta = Json::object();
  meta[std::string(kOfficial)] = std::move(official);
  meta[scope.name_space + "/connector"] = {{"id", s.version.connector_id},
                                           {"checksum", s.version.checksum},
                                           {"keyId", s.version.signing_key_id},
                                           {"publishedBy", s.version.published_by}};
  return {server_json(s.version, scope), std::move(meta)};
}

}  // namespace mkt
