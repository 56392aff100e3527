// mkt install: finds out what is needed, asks for approval, fetches it, checks it and puts it in
// place.
#include <fmt/format.h>

#include <algorithm>
#include <compare>

#include "cli/client/project_folder.h"
#include "cli/client/registry_versions.h"
#include "cli/client/verified_download.h"
#include "cli/commands/install_flow.h"
#include "cli/commands/trust_options.h"
#include "common/base/duration.h"
#include "common/base/utf8.h"
#include "common/connector/pack.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct InstallArguments {
  std::vector<std::string> specs;
  std::string folder;  // --dir
  std::string root = "connectors";
  WaitOption wait;
  bool frozen = false;
  bool force = false;
  TrustOptions trust;
};

// A connector id contains no dot or slash.
bool is_file(const std::string& text) {
  return text.find('/') != std::string::npos || text.ends_with(".tgz");
}

std::map<std::string, InstalledConnector> by_id(const std::vector<Installed>& installed) {
  std::map<std::string, InstalledConnector> all;
  for (const Installed& i : installed) {
    if (const auto version = Version::parse(i.receipt.version)) {
      all.emplace(i.receipt.id, InstalledConnector{*version});
    }
  }
  return all;
}

// Reports that an installed version is replaced only because it is no longer offered.
Status tell_replaced(const Session& session, RegistryVersions& source, const ResolvedConnector& r,
                     const std::map<std::string, InstalledConnector>& installed) {
  const auto here = installed.find(r.id.text());
  if (here == installed.end() || here->second.version == r.version) return {};
  const Version& version = here->second.version;
  MKT_TRY(const auto versions, source.versions(r.id));
  const auto offered = std::find_if(versions.begin(), versions.end(),
                                    [&](const auto& v) { return v.version == version; });
  if (offered != versions.end() && !offered->quarantined) return {};
  session.out.warn(fmt::format(
      "{}@{} is installed here but {}; {} replaces it", r.id.text(), version.text(),
      offered == versions.end() ? "is not known to the registry" : out_of_reach(*offered),
      r.version.text()));
  return {};
}

bool is_out_of_reach(ErrorCode code) {
  return code == ErrorCode::version_quarantined || code == ErrorCode::version_withdrawn;
}

// Adds why the newest version that fits cannot be had.
Error explain(RegistryVersions& source, const Trust& trust, Error error) {
  if (!is_out_of_reach(error.code) || error.details.empty()) return error;
  const auto spec = ConnectorSpec::parse(error.details[0].path);
  if (!spec || !spec->version) return error;
  const auto info = source.version(spec->id, *spec->version);
  if (!info || !info->quarantined) return error;
  Error why = quarantine_error(trust, *info);
  if (!is_out_of_reach(why.code)) return error;
  why.message += "; no other version fits";
  return why;
}

// Reports that a newer version was skipped only because it cannot be had.
Status tell_passed_over(const Session& session, RegistryVersions& source,
                        const std::vector<ResolvedConnector>& all, const ResolvedConnector& r) {
  MKT_TRY(const auto versions, source.versions(r.id));
  const auto fits = [&](const Version& v) {
    return std::all_of(all.begin(), all.end(), [&](const ResolvedConnector& other) {
      const auto range = other.dependencies.find(r.id.text());
      return range == other.dependencies.end() || range->second.contains(v);
    });
  };
  const AvailableVersion* newest = nullptr;
  for (const AvailableVersion& v : versions) {
    const bool is_prerelease = v.prerelease || v.version.is_prerelease();
    if (!v.quarantined || (is_prerelease && !r.version.is_prerelease())) continue;
    if (std::is_lteq(compare_precedence(v.version, r.version)) || !fits(v.version)) continue;
    if (newest == nullptr || std::is_gt(compare_precedence(v.version, newest->version)))
      newest = &v;
  }
  if (newest == nullptr) return {};
  session.out.warn(fmt::format("{}@{} {}; the older {} is taken instead", r.id.text(),
                               newest->version.text(), out_of_reach(*newest), r.version.text()));
  return {};
}

// Reports that something that is installed and stays needs another version than the one that comes.
void tell_unmet(const Session& session, const std::vector<Installed>& installed,
                const std::vector<ResolvedConnector>& coming) {
  for (const Installed& i : installed) {
    const bool stays = std::none_of(coming.begin(), coming.end(), [&](const ResolvedConnector& r) {
      return r.id.text() == i.receipt.id;
    });
    const auto manifest = read_manifest(i.folder);
    if (!stays || !manifest) continue;  // mkt doctor tells of a broken one
    const auto needs = manifest->dependencies();
    for (const ResolvedConnector& r : coming) {
      const auto need = needs.find(r.id.text());
      if (need == needs.end() || need->second.contains(r.version)) continue;
      session.out.warn(fmt::format(
          "{}@{}, which is installed here, needs {} {}, but {} will be installed", i.receipt.id,
          i.receipt.version, r.id.text(), need->second.text(), r.version.text()));
    }
  }
}

// What the user named and everything it needs. version_quarantined and version_withdrawn before
// anything is installed.
Result<std::vector<Wish>> resolve_wishes(const Session& session, RegistryClient& registry,
                                         const Trust& trust,
                                         const std::vector<WantedConnector>& wanted,
                                         const std::string& root) {
  MKT_TRY(const auto listed, list_installed(root));
  const auto installed = by_id(listed);
  RegistryVersions source(registry);
  auto resolved = resolve(wanted, installed, source);
  if (!resolved) {
    return explain(source, trust, std::move(resolved.error()))
        .context("while working out what is needed");
  }
  std::vector<Wish> wishes;
  for (const ResolvedConnector& r : *resolved) {
    MKT_TRY(const wire::VersionInfo info, source.version(r.id, r.version));
    if (info.quarantined) return quarantine_error(trust, info);
    MKT_CHECK(tell_replaced(session, source, r, installed));
    const bool was_named = std::any_of(wanted.begin(), wanted.end(), [&](const WantedConnector& w) {
      return w.id == r.id && w.version;
    });
    if (!was_named) MKT_CHECK(tell_passed_over(session, source, *resolved, r));
  }
  tell_unmet(session, listed, *resolved);
  for (ResolvedConnector& r : *resolved) wishes.push_back(wish_for(std::move(r)));
  return wishes;
}

// First the registry's connectors with everything they need, then files.
Result<std::vector<Wish>> work_out(const Session& session, RegistryClient& registry,
                                   const Trust& trust, const InstallArguments& a) {
  std::vector<WantedConnector> wanted;
  std::vector<Wish> files;
  for (const std::string& text : a.specs) {
    if (is_file(text)) {
      files.push_back({std::nullopt, std::nullopt, text});
      continue;
    }
    MKT_TRY(ConnectorSpec spec, ConnectorSpec::parse(text));
    if (a.trust.offline) {
      return Error(
          ErrorCode::usage_error,
          fmt::format("--offline installs from files, or with --frozen what mkt.lock says; "
                      "fetch a file while the registry can be reached (mkt download {}), "
                      "then name the file",
                      printable(text)));
    }
    wanted.push_back({std::move(spec.id), std::move(spec.version)});
  }
  std::vector<Wish> wishes;
  if (!wanted.empty()) {
    MKT_TRY(wishes, resolve_wishes(session, registry, trust, wanted, a.root));
  }
  wishes.insert(wishes.end(), files.begin(), files.end());
  return wishes;
}

// Everything in mkt.lock, or the named part of it; nothing else.
Result<std::vector<Wish>> locked_wishes(const InstallArguments& a) {
  MKT_TRY(const LockFile lock, LockFile::read_to_install(a.root));
  if (!lock.exists()) {
    return Error(
        ErrorCode::not_found,
        fmt::format(
            "there is no {}; run mkt install ID where the versions may change, which writes it",
            printable(lock.path().string())));
  }
  std::vector<std::string> ids = a.specs;
  if (ids.empty()) {
    for (const auto& [id, entry] : lock.connectors()) ids.push_back(id);
  }
  std::vector<Wish> wishes;
  for (const std::string& text : ids) {
    MKT_TRY(ConnectorSpec spec, ConnectorSpec::parse(text));
    const LockEntry* entry = lock.find(spec.id.text());
    if (entry == nullptr || (spec.version && spec.version->text() != entry->version)) {
      return Error(ErrorCode::lock_mismatch,
                   fmt::format("{} is not in {}; install it without --frozen first",
                               printable(text), printable(lock.path().string())));
    }
    MKT_TRY(Version version, Version::parse(entry->version));
    wishes.push_back({std::move(spec.id), std::move(version), {}, *entry});
  }
  return wishes;
}

Result<ExitStatus> run(const Session& session, InstallArguments a) {
  MKT_TRY(const auto wait, a.wait.read(a.specs));
  if (a.specs.empty() && !a.frozen) {
    return Error(ErrorCode::usage_error,
                 "which connector? name one, or install what mkt.lock says: mkt install --frozen");
  }
  if (!a.folder.empty() && (a.specs.size() != 1 || a.frozen)) {
    return Error(ErrorCode::usage_error,
                 "--dir names the folder of one connector; for several use --root");
  }
  MKT_TRY(RegistryClient registry, session.registry());
  const Settings& settings = registry.settings();
  MKT_TRY(const Trust trust, open_trust(session, settings, registry, a.trust));
  MKT_TRY(std::vector<Wish> wishes,
          a.frozen ? locked_wishes(a) : work_out(session, registry, trust, a));
  if (wishes.empty()) session.out.note("mkt.lock holds no connectors: there is nothing to install");
  if (!a.folder.empty() && wishes.size() > 1) {
    return Error(
        ErrorCode::usage_error,
        fmt::format("{} needs {} other connectors; use --root, which has a folder for each",
                    printable(a.specs[0]), wishes.size() - 1));
  }
  TarballCache cache = own_cache(session, settings);
  return carry_out(
      session,
      {settings, registry, trust,
       [&](std::string what) { return session.out.progress(std::move(what)); }, a.force, &cache,
       a.trust.offline},
      {std::move(wishes), {a.folder, a.root}, a.folder.empty() && !a.frozen, a.frozen, wait});
}

}  // namespace

void add_install_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<InstallArguments>();
  command.add_option("ID[@VERSION]|FILE", a->specs,
                     "Connectors of the registry, or tarballs with their signature files");
  command.add_option("--dir", a->folder, "Folder of the one connector (default: ./connectors/ID)");
  command.add_option("--root", a->root, "Folder that holds a folder for each connector")
      ->capture_default_str();
  add_wait_option(&command, a->wait);
  command.add_flag("--frozen", a->frozen,
                   "Install exactly what mkt.lock says, all of it or nothing");
  command.add_flag("--force", a->force, "Overwrite what was edited in a connector's folder");
  add_trust_options(&command, a->trust);
  on_run(&command, session, [&session, &command, a]() -> Status {
    if (command.count("--root") == 0) a->root = connectors_root().string();
    if (a->wait.option->count() > 0) session.flags.wait = true;  // for rate limits as well
    MKT_TRY(session.exit_status, run(session, *a));
    return {};
  });
}

}  // namespace mkt
