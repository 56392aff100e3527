// A connector, and one of its versions: what it may do, who answers for it, and its README.
#include <fmt/format.h>

#include <algorithm>

#include "common/connector/gzip_reader.h"
#include "common/connector/manifest.h"
#include "common/connector/origin.h"
#include "daemon/service/catalog.h"
#include "daemon/service/installs.h"
#include "daemon/service/keys.h"
#include "daemon/service/publishers.h"
#include "daemon/service/record_messages.h"
#include "daemon/web/connector_names.h"
#include "daemon/web/markdown.h"
#include "daemon/web/pages.h"
#include "daemon/web/pieces.h"
#include "daemon/web/tarball_texts.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxListedVersions = 200;
constexpr std::size_t kMaxListedTools = 500;
constexpr std::uint32_t kMaxListedTenants = 100;
constexpr std::size_t kMaxListedDependants = 100;
constexpr int kReadmeHeading = 2;

// What a page of a version shows beside its own record.
struct Shown {
  ConnectorWithVersions connector;
  VersionRecord version;
  std::optional<Manifest> manifest;  // none where an older registry took a damaged one
  std::optional<PublisherRecord> publisher;
  std::optional<KeyRecord> key;
};

Result<Shown> find_shown(const Web& web, const Visit& visit, const ConnectorId& id,
                         std::string_view which) {
  const Marketplace& market = web.market();
  MKT_TRY(auto connector, show_connector(market, visit.caller(), id));
  MKT_TRY(auto version, show_version(market, visit.caller(), id, which));
  Shown shown{std::move(connector), std::move(version), {}, {}, {}};
  if (auto manifest = Manifest::parse_older(shown.version.manifest)) {
    shown.manifest = std::move(*manifest);
  }
  if (const auto publisher = PublisherId::parse(shown.version.published_by)) {
    if (auto found = show_publisher(market, *publisher)) {
      shown.publisher = std::move(found->publisher);
    }
  }
  if (const auto key = KeyId::parse(shown.version.signing_key_id)) {
    if (auto found = find_key(market, *key)) shown.key = std::move(*found);
  }
  return shown;
}

Html fact(Markup name, const Html& value) {
  Html html;
  if (!value.empty()) html << "<div><dt>" << name << "</dt><dd>" << value << "</dd></div>";
  return html;
}

Html text_of(std::string_view text) {
  Html html;
  html << text;
  return html;
}

Html code_of(std::string_view text) {
  Html html;
  html << "<code class=\"break\">" << text << "</code>";
  return html;
}

std::string manifest_text(const Shown& shown, const char* member) {
  if (!shown.manifest) return {};
  const Json& json = shown.manifest->json();
  const auto it = json.find(member);
  return it != json.end() && it->is_string() ? it->get<std::string>() : std::string();
}

// Where the files came from, by the publisher's word: text alone, for its URL is of no use to a
// reader.
std::string origin_text(const Shown& shown) {
  if (!shown.manifest) return {};
  const Json& json = shown.manifest->json();
  const auto it = json.find("origin");
  return it == json.end() ? std::string() : describe_origin(*it);
}

Html notices(const Shown& shown) {
  const VersionRecord& v = shown.version;
  Html html;
  if (v.withdrawn_at) {
    html << "<div class=\"notice bad\" role=\"note\"><strong>Withdrawn.</strong> This version was "
            "taken back on "
         << day_of(format_utc(*v.withdrawn_at)) << " (" << v.withdrawal_code
         << "): " << v.withdrawal_reason
         << "<br>Its files are gone, and its number is never used again.</div>";
  } else if (v.quarantined) {
    html << "<div class=\"notice bad\" role=\"note\"><strong>In quarantine.</strong> ";
    if (v.quarantine_reason.empty()) {
      html << "The key <code>" << v.signing_key_id
           << "</code> that signed this version was compromised.";
    } else {
      html << v.quarantine_reason;
    }
    html << "<br>Nobody can download or install it, and its README is not shown.</div>";
  }
  if (v.deprecated) {
    html << "<div class=\"notice caution\" role=\"note\"><strong>Deprecated.</strong> "
         << v.deprecation_reason << "</div>";
  }
  if (shown.publisher && shown.publisher->status != PublisherStatus::active) {
    html << "<div class=\"notice bad\" role=\"note\"><strong>The publisher is "
         << publisher_status_name(shown.publisher->status) << ".</strong> "
         << shown.publisher->status_reason << "</div>";
  }
  return html;
}

// Whether a version is not given out any more.
Html out_badge(const VersionRecord& v) {
  if (v.withdrawn_at) return badge("withdrawn", Tone::bad);
  return v.quarantined ? badge("quarantined", Tone::bad) : Html();
}

Html visibility_badge(const VersionRecord& v) {
  return v.visible_to.empty() ? Html() : badge("not for everyone", Tone::caution);
}

Html title_of_version(const Shown& shown) {
  const VersionRecord& v = shown.version;
  Html html;
  const std::string name = shown.manifest ? shown.manifest->display_name() : v.connector_id;
  html << "<div class=\"title\"><h1>" << (name.empty() ? v.connector_id : name)
       << "</h1><p class=\"ids\"><code>" << v.connector_id << "</code> <span class=\"version\">"
       << v.version << "</span> ";
  if (v.version == shown.connector.connector.latest_version) html << badge("latest", Tone::good);
  if (v.prerelease) html << badge("prerelease", Tone::plain);
  if (v.deprecated) html << badge("deprecated", Tone::caution);
  html << out_badge(v) << visibility_badge(v) << "</p>";
  if (shown.manifest && !shown.manifest->description().empty()) {
    html << "<p class=\"about\">" << shown.manifest->description() << "</p>";
  }
  html << "</div>";
  return html;
}

Html facts(const Shown& shown, UtcTime now) {
  const VersionRecord& v = shown.version;
  const wire::VersionInfo info = version_message(v);
  Html publisher = publisher_link(v.published_by);
  if (shown.publisher) {
    publisher << " "
              << (shown.publisher->verified ? badge("verified", Tone::good)
                                            : badge("not verified", Tone::caution));
  }
  Html key = code_of(v.signing_key_id);
  if (shown.key) key << " " << state_badge(key_message(*shown.key, now).status);
  Html html;
  html << "<aside aria-labelledby=\"facts\"><h2 id=\"facts\" class=\"hidden\">Facts</h2><dl>"
       << fact("Publisher", publisher) << fact("Signed with", key)
       << fact("Published", time_of(info.published_at))
       << fact("License", text_of(shown.manifest ? shown.manifest->license() : ""))
       << fact("Author", text_of(shown.manifest ? shown.manifest->author() : ""))
       << fact("Size", bytes_of(v.size)) << fact("Downloads", number_of(v.downloads))
       << fact("of all versions", number_of(shown.connector.connector.downloads))
       << fact("Origin", text_of(origin_text(shown)))
       << fact("Repository", link_elsewhere(manifest_text(shown, "repository")))
       << fact("Home page", link_elsewhere(manifest_text(shown, "homepage"))) << "</dl></aside>";
  return html;
}

Html install_command(const Shown& shown) {
  const VersionRecord& v = shown.version;
  Html html;
  if (v.quarantined) return html;
  html << "<pre class=\"command\" tabindex=\"0\" aria-label=\"Command to install it\"><code>mkt "
          "install "
       << v.connector_id;
  if (v.version != shown.connector.connector.latest_version) html << "@" << v.version;
  html << "</code></pre>";
  return html;
}

Html powers(const Shown& shown) {
  const VersionRecord& v = shown.version;
  Html html;
  html << "<section><h2 id=\"may\">What it may do</h2>";
  html << "<p>Capabilities: ";
  if (v.capabilities.empty()) html << "none named";
  for (const std::string& capability : v.capabilities) {
    html << badge(capability, Tone::plain) << " ";
  }
  html << "</p>";
  if (!shown.manifest || shown.manifest->tools().empty()) {
    html << "<p class=\"muted\">The manifest names no tools, so nobody can tell what they do.</p>"
            "</section>";
    return html;
  }
  html << "<div class=\"scroll\" role=\"region\" aria-label=\"Tools\" tabindex=\"0\"><table>"
          "<thead><tr><th scope=\"col\">Tool</th><th scope=\"col\">Class</th>"
          "<th scope=\"col\">About</th></tr></thead><tbody>";
  std::size_t left = kMaxListedTools;
  for (const Tool& tool : shown.manifest->tools()) {
    if (left-- == 0) break;
    html << "<tr><th scope=\"row\"><code>" << tool.name << "</code></th><td>"
         << policy_badge(policy_class_name(tool.policy_class)) << "</td><td>" << tool.description
         << "</td></tr>";
  }
  html << "</tbody></table></div>";
  if (shown.manifest->tools().size() > kMaxListedTools) {
    html << "<p class=\"note\">" << shown.manifest->tools().size() << " tools, of which "
         << kMaxListedTools << " are shown.</p>";
  }
  html << "</section>";
  return html;
}

Html dependencies(const Shown& shown) {
  Html html;
  if (!shown.manifest || shown.manifest->dependencies().empty()) return html;
  html << "<section><h2 id=\"needs\">Dependencies</h2><ul class=\"list\">";
  for (const auto& [id, range] : shown.manifest->dependencies()) {
    html << "<li>" << connector_link(id) << " <code>" << range.text() << "</code></li>";
  }
  html << "</ul></section>";
  return html;
}

// A row for each version, with a link to what changed since the one before.
Html versions(const Shown& shown) {
  const auto& all = shown.connector.versions;
  const std::string& id = shown.version.connector_id;
  Html html;
  html << "<section><h2 id=\"versions\">Versions</h2>"
          "<div class=\"scroll\" role=\"region\" aria-label=\"Versions\" tabindex=\"0\"><table>"
          "<thead><tr><th scope=\"col\">Version</th><th scope=\"col\">Published</th>"
          "<th scope=\"col\">By</th><th scope=\"col\" class=\"number\">Downloads</th>"
          "<th scope=\"col\">Changes</th></tr></thead><tbody>";
  for (std::size_t i = 0; i < std::min(all.size(), kMaxListedVersions); ++i) {
    const VersionRecord& v = all[i];
    html << "<tr><th scope=\"row\">" << version_link(id, v.version) << " ";
    if (v.prerelease) html << badge("prerelease", Tone::plain);
    if (v.deprecated) html << badge("deprecated", Tone::caution);
    html << out_badge(v) << "</th><td>" << day_of(format_utc(v.published_at)) << "</td><td>"
         << publisher_link(v.published_by) << "</td><td class=\"number\">" << number_of(v.downloads)
         << "</td><td>";
    if (i + 1 < all.size()) {
      html << "<a href=\""
           << Href::path({"connectors", id, "diff", all[i + 1].version + "..." + v.version})
           << "\">since " << all[i + 1].version << "</a>";
    }
    html << "</td></tr>";
  }
  html << "</tbody></table></div>";
  if (all.size() > kMaxListedVersions) {
    html << "<p class=\"note\">" << all.size() << " versions, of which the newest "
         << kMaxListedVersions << " are shown.</p>";
  }
  html << "</section>";
  return html;
}

// The API does not know the session, so what not everyone may read is not linked there.
Html files_of(const Web& web, const VersionRecord& v) {
  Html files;
  if (!web.market().anyone_reads() || !v.visible_to.empty()) {
    if (!v.quarantined) {
      files << "<code>mkt download " << v.connector_id << "@" << v.version << "</code>";
    }
    return files;
  }
  const wire::VersionInfo info = version_message(v);
  if (const auto signature = Href::local(info.signature_url)) {
    files << "<a href=\"" << *signature << "\">signature</a>";
  }
  if (const auto tarball = Href::local(info.tarball_url); tarball && !v.quarantined) {
    files << " · <a href=\"" << *tarball << "\">tarball</a>";
  }
  return files;
}

Html provenance(const Web& web, const Shown& shown) {
  const VersionRecord& v = shown.version;
  const std::string as = v.signed_as.empty() || v.signed_as == v.signing_key_id ? "" : v.signed_as;
  Html log;
  log << "published as entry " << v.seq << " of the log";
  if (v.signature_seq != v.seq) log << ", signed again as entry " << v.signature_seq;
  const Html files = files_of(web, v);
  Html html;
  html
      << "<section><h2 id=\"provenance\">Provenance</h2><dl "
         "class=\"wide\">"
      << fact("Checksum", code_of(v.checksum)) << fact("Key", code_of(v.signing_key_id))
      << fact("called", as.empty() ? Html() : code_of(as))
      << fact("Fingerprint", v.key_fingerprint.empty() ? Html() : code_of(v.key_fingerprint))
      << fact("Order", log) << fact("Files", files)
      << "</dl><p class=\"muted\"><code>mkt verify</code> checks all of it on your machine, by the "
         "keys that you trust.</p></section>";
  return html;
}

Result<Html> dependants(const Web& web, const Visit& visit, const ConnectorId& id,
                        std::string_view version) {
  MKT_TRY(const auto all, list_dependants_on(web.market(), visit.caller(), id, version));
  Html html;
  if (all.empty()) return html;
  html << "<section><h2 id=\"dependants\">Needed by</h2><ul class=\"list\">";
  for (std::size_t i = 0; i < std::min(all.size(), kMaxListedDependants); ++i) {
    html << "<li>" << connector_link(all[i].connector_id) << " "
         << version_link(all[i].connector_id, all[i].version) << ", which takes <code>"
         << all[i].range << "</code></li>";
  }
  html << "</ul>";
  if (all.size() > kMaxListedDependants) {
    html << "<p class=\"note\">" << all.size() << " in all.</p>";
  }
  html << "</section>";
  return html;
}

// Of tenants of whoever is signed in.
Result<Html> installed_by(const Web& web, const Visit& visit, const ConnectorId& id) {
  Html html;
  if (!visit.caller().signed_in() || visit.caller().role == Role::publisher) return html;
  MKT_TRY(const auto all,
          list_installations_of(web.market(), visit.caller(), id, kMaxListedTenants));
  html << "<section><h2 id=\"installed\">Installed in your "
          "tenants</h2>";
  if (all.empty()) {
    html << "<p class=\"muted\">Nowhere yet.</p></section>";
    return html;
  }
  html << "<div class=\"scroll\" role=\"region\" aria-label=\"Installations\" tabindex=\"0\">"
          "<table><thead><tr><th scope=\"col\">Tenant</th><th scope=\"col\">Version</th>"
          "<th scope=\"col\">By</th><th scope=\"col\">Since</th></tr></thead><tbody>";
  for (const InstallationRecord& i : all) {
    html << "<tr><th scope=\"row\">" << i.tenant_id << "</th><td>"
         << version_link(i.connector_id, i.version) << "</td><td>" << i.installed_by << "</td><td>"
         << day_of(format_utc(i.updated_at)) << "</td></tr>";
  }
  html << "</tbody></table></div></section>";
  return html;
}

Result<Html> make_readme(const Web& web, const Visit& visit, const ConnectorId& id,
                         const std::string& version) {
  MKT_TRY(const Tarball tarball, open_tarball(web.market(), visit.caller(), id, version));
  MKT_TRY(const auto text, readme_of(file_source(tarball.file.get(), "the tarball"),
                                     web.market().limits().archive, kMaxMarkdownBytes));
  return text ? html_of_markdown(*text, kReadmeHeading) : Html();
}

Html readme(Web& web, const Visit& visit, const Shown& shown, const ConnectorId& id) {
  Html html;
  if (shown.version.quarantined) return html;
  html << "<section><h2 id=\"readme\">README</h2>";
  const auto piece = web.readmes.get(
      shown.version.checksum, [&] { return make_readme(web, visit, id, shown.version.version); });
  if (!piece) {
    html << "<p class=\"muted\">The README cannot be read now; load the page again.</p>";
  } else if ((*piece)->empty()) {
    html << "<p class=\"muted\">The tarball has no README.md.</p>";
  } else {
    html << "<div class=\"readme\">" << **piece << "</div>";
  }
  html << "</section>";
  return html;
}

Result<Response> version_page(Web& web, Visit& visit, const ConnectorId& id,
                              std::string_view which) {
  // With the connectors that need it.
  const Freshness fresh = web.market().views.clock.of_catalog();
  MKT_TRY(const Shown shown, find_shown(web, visit, id, which));
  MKT_TRY(const Html needed, dependants(web, visit, id, shown.version.version));
  MKT_TRY(const Html installed, installed_by(web, visit, id));
  PageText text;
  text.title = shown.version.connector_id + " " + shown.version.version;
  text.body << title_of_version(shown) << notices(shown)
            << "<div class=\"columns\"><div class=\"main\">" << install_command(shown)
            << powers(shown) << readme(web, visit, shown, id) << dependencies(shown) << needed
            << versions(shown) << provenance(web, shown) << installed << "</div>"
            << facts(shown, web.market().now()) << "</div>";
  // A key that expires changes the page by itself.
  const bool changes_by_itself = shown.key && shown.key->expires_at;
  return page(web, visit, text, changes_by_itself ? std::nullopt : std::optional(fresh));
}

Result<Response> connector_page(Web& web, Visit& visit) {
  MKT_TRY(const ConnectorId id, connector_id_in(visit.request));
  return version_page(web, visit, id, "latest");
}

Result<Response> one_version_page(Web& web, Visit& visit) {
  MKT_TRY(const ConnectorId id, connector_id_in(visit.request));
  return version_page(web, visit, id, visit.request.path_parameter("version"));
}

}  // namespace

void add_connector_pages(Router& router, const std::shared_ptr<Web>& web) {
  add_page(router, web, "GET", "/connectors/{id}", {.like = "/v1/connectors/{id}"}, connector_page);
  add_page(router, web, "GET", "/connectors/{id}/{version}",
           {.like = "/v1/connectors/{id}/{version}"}, one_version_page);
}

}  // namespace mkt
