// mkt info: shows what the registry knows about a connector or a version.
#include <fmt/format.h>

#include <map>

#include "cli/client/installer.h"
#include "cli/client/registry_client.h"
#include "cli/commands/command.h"
#include "cli/commands/targets.h"
#include "cli/commands/trust_options.h"
#include "cli/terminal/relative_time.h"
#include "common/base/utf8.h"
#include "common/connector/origin.h"

namespace mkt {
namespace {

// The state of the signing keys that are no longer active, by key id.
using KeyEnds = std::map<std::string, std::string>;

std::string end_of(const KeyEnds& ends, const wire::VersionInfo& v) {
  const auto it = ends.find(v.own_key_id());
  return it == ends.end() ? std::string() : it->second;
}

std::string flags_of(const wire::VersionInfo& v, const KeyEnds& ends) {
  std::string flags;
  const auto add = [&](bool set, const char* word) {
    if (set) flags += (flags.empty() ? "" : ", ") + std::string(word);
  };
  add(v.prerelease, "prerelease");
  add(v.deprecated, "deprecated");
  add(v.withdrawn_at.has_value(), "withdrawn");
  add(v.quarantined && !v.withdrawn_at, "quarantined");
  add(!v.quarantined && !end_of(ends, v).empty(), "key retired");
  return flags;
}

Tone tone_of(const wire::VersionInfo& v) {
  return v.quarantined ? Tone::bad : v.deprecated ? Tone::caution : Tone::plain;
}

std::string describe(const Output& out, const wire::ConnectorInfo& c, const KeyEnds& ends) {
  std::string text =
      fmt::format("{} {}\n{}\n{}\n\npublisher     {}\ncapabilities  {}\ndownloads     {}\n\n",
                  printable(c.id), printable(c.latest_version), printable(c.display_name),
                  printable(c.description), printable(c.owner),
                  printable(fmt::format("{}", fmt::join(c.capabilities, ", "))), c.downloads);
  if (!c.visibility.empty()) {
    text.insert(text.size() - 1, fmt::format("visible to    {}\n", printable(c.visibility)));
  }
  const UtcTime now = utc_now();
  Table table({{"VERSION"},
               {"PUBLISHED"},
               {"SIZE", Column::Fit::right, 1},
               {"KEY", Column::Fit::cut_middle, 2},
               {"STATE"}});
  for (const wire::VersionInfo& v : c.versions) {
    table.add({Cell(printable(v.version), Tone::bold), time_cell(v.published_at, now),
               Cell(format_bytes(v.tarball_size), Tone::plain, std::to_string(v.tarball_size)),
               printable(v.signing_key_id), Cell(flags_of(v, ends), tone_of(v))});
  }
  return text + table.text(out.screen());
}

// Where its files came from, where its manifest says so.
std::string origin_of(const wire::VersionInfo& v) {
  if (!v.manifest || !v.manifest->is_object()) return {};
  const auto origin = v.manifest->find("origin");
  return origin == v.manifest->end() ? std::string() : describe_origin(*origin);
}

std::string describe(const wire::VersionInfo& v, const KeyEnds& ends) {
  std::string text = fmt::format(
      "{}@{}\n\nchecksum   {}\nsize       {}\nsigned by  {}\npublished  {}\ndownloads  {}\n",
      printable(v.id), printable(v.version), printable(v.tarball_checksum),
      format_bytes(v.tarball_size), printable(v.signing_key_id), printable(v.published_at),
      v.downloads);
  if (const std::string origin = origin_of(v); !origin.empty()) {
    text += fmt::format("origin     {}\n", printable(origin));
  }
  if (const std::string flags = flags_of(v, ends); !flags.empty()) {
    text += fmt::format("state      {}\n", flags);
  }
  if (const std::string end = end_of(ends, v); !end.empty()) {
    text += fmt::format("key        {}\n", end);
  }
  if (v.withdrawn_at) {
    text += fmt::format("withdrawn  {} ({}): {}\n", printable(*v.withdrawn_at),
                        printable(v.withdrawal_code), printable(v.withdrawal_reason));
  } else if (!v.quarantine_reason.empty()) {
    text += fmt::format("quarantine {}\n", printable(v.quarantine_reason));
  }
  if (!v.deprecation_reason.empty()) {
    text += fmt::format("reason     {}\n", printable(v.deprecation_reason));
  }
  return text;
}

Result<KeyEnds> key_ends(const Session& session, const Settings& settings, RegistryClient& registry,
                         const std::vector<wire::VersionInfo>& versions) {
  MKT_TRY(const Trust trust, open_trust(session, settings, registry, {}));
  KeyEnds ends;
  for (const wire::VersionInfo& v : versions) {
    if (ends.contains(v.own_key_id())) continue;
    MKT_TRY(const auto key, trust.book().find(v.own_key_id()));
    const bool ended = key && key->status != "active" && key->status != "expired";
    if (ended) ends.emplace(v.own_key_id(), describe_end(*key));
  }
  return ends;
}

void warn_of_deprecation(const Session& session, const wire::VersionInfo& v) {
  if (!v.deprecated) return;
  session.out.warn(fmt::format("{}@{} is deprecated: {}", printable(v.id), printable(v.version),
                               printable(deprecation_of(v))));
}

Result<TargetResult> show_info(const Session& session, const std::string& text) {
  MKT_TRY(const ConnectorSpec spec, ConnectorSpec::parse(text));
  MKT_TRY(RegistryClient registry, session.registry());
  const Settings& settings = registry.settings();
  if (text.find('@') == std::string::npos) {
    MKT_TRY(const wire::ConnectorInfo info, registry.connector(spec.id));
    MKT_TRY(const KeyEnds ends, key_ends(session, settings, registry, info.versions));
    for (const wire::VersionInfo& v : info.versions) {
      if (v.version == info.latest_version) warn_of_deprecation(session, v);
    }
    return TargetResult{info.to_json(), describe(session.out, info, ends)};
  }
  MKT_TRY(const wire::VersionInfo info, registry.version(spec.id, spec.which()));
  MKT_TRY(const KeyEnds ends, key_ends(session, settings, registry, {info}));
  warn_of_deprecation(session, info);
  Json document = info.to_json();
  if (const std::string end = end_of(ends, info); !end.empty()) document["keyRemark"] = end;
  return TargetResult{std::move(document), describe(info, ends)};
}

}  // namespace

void add_info_command(CLI::App& command, Session& session) {
  auto specs = std::make_shared<std::vector<std::string>>();
  command.add_option("ID[@VERSION]", *specs, "The connectors")->required();
  on_run(&command, session, [&session, specs] {
    return for_each_target(session, *specs,
                           [&](const std::string& spec) { return show_info(session, spec); });
  });
}

}  // namespace mkt
