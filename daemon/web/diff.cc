// What differs between two versions: what they may do, and their files.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/connector/gzip_reader.h"
#include "common/connector/manifest.h"
#include "daemon/http/rate_limit.h"
#include "daemon/service/catalog.h"
#include "daemon/web/connector_names.h"
#include "daemon/web/pages.h"
#include "daemon/web/patch.h"
#include "daemon/web/pieces.h"
#include "daemon/web/tarball_texts.h"

namespace mkt {
namespace {

// Of one file whose lines are compared; and of all such files of a version.
constexpr std::size_t kMaxComparedFile = 256 * 1024;
constexpr std::size_t kMaxComparedAll = 16 * 1024 * 1024;
constexpr std::size_t kMaxListedFiles = 500;
constexpr std::size_t kMaxShownPatches = 100;
constexpr std::size_t kMaxShownBytes = 1024 * 1024;  // of HTML, of all patches

using Texts = std::map<std::string, TextOfFile>;

struct ComparedFile {
  std::string path;
  const TextOfFile* before;  // null: added
  const TextOfFile* now;     // null: removed
};

std::vector<ComparedFile> compare_texts(const Texts& before, const Texts& now) {
  std::vector<ComparedFile> changes;
  for (const auto& [path, file] : before) {
    const auto it = now.find(path);
    if (it == now.end()) {
      changes.push_back({path, &file, nullptr});
    } else if (it->second.hash != file.hash) {
      changes.push_back({path, &file, &it->second});
    }
  }
  for (const auto& [path, file] : now) {
    if (!before.contains(path)) changes.push_back({path, nullptr, &file});
  }
  std::sort(changes.begin(), changes.end(),
            [](const ComparedFile& a, const ComparedFile& b) { return a.path < b.path; });
  return changes;
}

// Empty where the file is no text, or too large.
Html patch(const ComparedFile& file) {
  static const std::string kNothing;
  const bool is_text =
      (file.before == nullptr || file.before->text) && (file.now == nullptr || file.now->text);
  if (!is_text) return {};
  return patch_html(file.path, file.before == nullptr ? kNothing : *file.before->text,
                    file.now == nullptr ? kNothing : *file.now->text);
}

Html file_row(const ComparedFile& file) {
  Html html;
  html << "<tr><th scope=\"row\"><code class=\"break\">" << file.path << "</code></th><td>"
       << (file.before == nullptr ? badge("added", Tone::good)
           : file.now == nullptr  ? badge("removed", Tone::bad)
                                  : badge("changed", Tone::plain))
       << "</td><td class=\"number\">";
  if (file.before != nullptr) html << bytes_of(file.before->size);
  html << "</td><td class=\"number\">";
  if (file.now != nullptr) html << bytes_of(file.now->size);
  html << "</td></tr>";
  return html;
}

Html files_html(const std::vector<ComparedFile>& changes) {
  Html html;
  html << "<section><h2 id=\"files\">Files</h2>";
  if (changes.empty()) {
    html << "<p>Both have the same files.</p></section>";
    return html;
  }
  html << "<p>" << changes.size()
       << (changes.size() == 1 ? Markup(" file differs.") : Markup(" files differ."))
       << "</p><div class=\"scroll\" role=\"region\" aria-label=\"Files\" tabindex=\"0\"><table>"
          "<thead><tr><th scope=\"col\">File</th><th scope=\"col\">What</th><th scope=\"col\" "
          "class=\"number\">Before</th><th scope=\"col\" class=\"number\">Now</th></tr></thead>"
          "<tbody>";
  const std::size_t listed = std::min(changes.size(), kMaxListedFiles);
  for (std::size_t i = 0; i < listed; ++i) html << file_row(changes[i]);
  html << "</tbody></table></div>";
  if (listed < changes.size()) {
    html << "<p class=\"note\">The first " << listed << " are listed.</p>";
  }
  html << "</section><section><h2 id=\"lines\">Lines</h2>";
  std::size_t shown = 0;
  std::size_t bytes = 0;
  for (const ComparedFile& file : changes) {
    if (shown == kMaxShownPatches || bytes > kMaxShownBytes) {
      html << "<p class=\"note\">The other files are not shown; <code>mkt diff</code> shows all of "
              "them.</p>";
      break;
    }
    const Html lines = patch(file);
    html << "<h3><code class=\"break\">" << file.path << "</code></h3>";
    if (lines.empty()) {
      html << "<p class=\"muted\">Not text, or too large to compare here.</p>";
    } else if (lines.size() > kMaxShownBytes) {
      html << "<p class=\"muted\">Too much changed to show it here.</p>";
    } else {
      html << lines;
      bytes += lines.size();
    }
    ++shown;
  }
  html << "</section>";
  return html;
}

Result<Texts> texts_of_version(const Web& web, const Visit& visit, const ConnectorId& id,
                               const std::string& version) {
  MKT_TRY(const Tarball tarball, open_tarball(web.market(), visit.caller(), id, version));
  return texts_of(file_source(tarball.file.get(), "the tarball"), web.market().limits().archive,
                  kMaxComparedFile, kMaxComparedAll);
}

// What a manifest says that it may do, a line each.
std::set<std::string> powers_in(const VersionRecord& version) {
  std::set<std::string> all;
  const auto manifest = Manifest::parse_older(version.manifest);
  if (!manifest) return all;
  for (const std::string& c : manifest->capabilities()) all.insert("capability " + c);
  for (const Tool& t : manifest->tools()) {
    all.insert(fmt::format("tool {} ({})", t.name, policy_class_name(t.policy_class)));
  }
  for (const auto& [needed, range] : manifest->dependencies()) {
    all.insert(fmt::format("dependency {} {}", needed, range.text()));
  }
  return all;
}

Html powers_html(const VersionRecord& before, const VersionRecord& now) {
  const auto had = powers_in(before);
  const auto has = powers_in(now);
  Html rows;
  for (const std::string& one : had) {
    if (!has.contains(one)) rows << "<li><del>− " << one << "</del></li>";
  }
  for (const std::string& one : has) {
    if (!had.contains(one)) rows << "<li><ins>+ " << one << "</ins></li>";
  }
  Html html;
  html << "<section><h2 id=\"powers\">What it may do</h2>";
  if (rows.empty()) {
    html << "<p>The same as before.</p>";
  } else {
    html << "<ul class=\"changes\">" << rows << "</ul>";
  }
  html << "</section>";
  return html;
}

Html choice(Markup name, Markup label, const std::vector<VersionRecord>& versions,
            std::string_view chosen) {
  constexpr std::size_t kMaxChoices = 500;
  Html html;
  html << "<label>" << label << " <select name=\"" << name << "\">";
  std::size_t left = kMaxChoices;
  for (const VersionRecord& v : versions) {
    if (v.version != chosen && left == 0) continue;
    if (left > 0) --left;
    html << "<option" << (v.version == chosen ? Markup(" selected") : Markup("")) << ">"
         << v.version << "</option>";
  }
  html << "</select></label>";
  return html;
}

Html quarantine_note(const VersionRecord& version) {
  Html html;
  html << "<div class=\"notice bad\" role=\"note\"><strong>" << version.version
       << (version.withdrawn_at ? Markup(" was withdrawn.") : Markup(" is in quarantine."))
       << "</strong> Its files are not shown.</div>";
  return html;
}

Result<Response> diff_between(Web& web, Visit& visit, const ConnectorId& id, std::string_view from,
                              std::string_view to) {
  const Freshness fresh = web.market().views.clock.of_connector(id.text());
  MKT_TRY(const ConnectorWithVersions all, show_connector(web.market(), visit.caller(), id));
  MKT_TRY(const VersionRecord before, show_version(web.market(), visit.caller(), id, from));
  MKT_TRY(const VersionRecord now, show_version(web.market(), visit.caller(), id, to));
  PageText text;
  text.title = fmt::format("{} {} to {}", id.text(), before.version, now.version);
  text.body << "<div class=\"title\"><h1>What changed in " << connector_link(id.text())
            << "</h1><p>from " << version_link(id.text(), before.version) << " to "
            << version_link(id.text(), now.version)
            << "</p></div><form class=\"row\" method=\"get\" action=\""
            << Href::path({"connectors", id.text(), "diff"}) << "\">"
            << choice("from", "From", all.versions, before.version)
            << choice("to", "To", all.versions, now.version) << "<button>Compare</button></form>"
            << powers_html(before, now);
  if (before.quarantined || now.quarantined) {
    text.body << quarantine_note(before.quarantined ? before : now);
    return page(web, visit, text, fresh);
  }
  MKT_TRY(
      const auto piece, web.diffs.get(before.checksum + " " + now.checksum, [&]() -> Result<Html> {
        // It reads two tarballs.
        for (int i = 0; i < 2; ++i) {
          MKT_CHECK(count_request(web.parts.limiter, LimitScope::download,
                                  {address_subject(visit.caller().address), visit.caller().address},
                                  visit.request));
        }
        MKT_TRY(const Texts old_texts, texts_of_version(web, visit, id, before.version));
        MKT_TRY(const Texts new_texts, texts_of_version(web, visit, id, now.version));
        return files_html(compare_texts(old_texts, new_texts));
      }));
  text.body << *piece;
  return page(web, visit, text, fresh);
}

Result<Response> diff_page(Web& web, Visit& visit) {
  MKT_TRY(const ConnectorId id, connector_id_in(visit.request));
  const std::string& both = visit.request.path_parameter("versions");
  const std::size_t dots = both.find("...");
  if (dots == std::string::npos) {
    return Error(ErrorCode::version_not_found, "two versions are compared as FROM...TO");
  }
  return diff_between(web, visit, id, both.substr(0, dots), both.substr(dots + 3));
}

// What the form asks for.
Result<Response> chosen_diff(Web&, Visit& visit) {
  MKT_TRY(const ConnectorId id, connector_id_in(visit.request));
  const std::string both = fmt::format("{}...{}", visit.parameter("from"), visit.parameter("to"));
  return see_other(Href::path({"connectors", id.text(), "diff", both}));
}

}  // namespace

void add_diff_pages(Router& router, const std::shared_ptr<Web>& web) {
  const PageRules rules{.like = "/v1/connectors/{id}/{version}/tarball"};
  add_page(router, web, "GET", "/connectors/{id}/diff", rules, chosen_diff);
  add_page(router, web, "GET", "/connectors/{id}/diff/{versions}", rules, diff_page);
}

}  // namespace mkt
