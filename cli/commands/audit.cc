// mkt audit: checks what is installed here against revocations and the tenant's policy.
#include <fmt/format.h>

#include <map>
#include <memory>

#include "cli/client/receipt.h"
#include "cli/client/verified_download.h"
#include "cli/commands/command.h"
#include "cli/commands/installed_here.h"
#include "cli/commands/policy_standing.h"
#include "cli/commands/trust_options.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct AuditArguments {
  RootOption root;
  TrustOptions trust;
};

// A registry that something was installed from.
struct Home {
  Settings settings;
  RegistryClient registry;
  Trust trust;

  Home(Settings s, Trust t) : settings(std::move(s)), registry(settings), trust(std::move(t)) {}
};

struct Finding {
  std::optional<Error> hit;  // nullopt: no finding
  std::string remark;
  bool is_unknown = false;  // the registry could not be asked whether there is one
};

bool is_verdict(ErrorCode code) { return exit_status(code) == ExitStatus::refused; }

// After its key was compromised, a version may have been signed again with a good key.
Result<Trusted> check_countersignature(Home& home, const Receipt& receipt,
                                       const Checksum& checksum) {
  MKT_TRY(const ConnectorId id, ConnectorId::parse(receipt.id));
  MKT_TRY(const Version version, Version::parse(receipt.version));
  MKT_TRY(const wire::VersionInfo now, home.registry.version(id, version.text()));
  MKT_TRY(const SignatureFile signature, home.registry.signature(id, version));
  return home.trust.check(signature, checksum, now.sequence);
}

// What the registry says of the version itself: an admin may have put it into quarantine, and it
// may be withdrawn.
Finding ask_about(Home& home, const Receipt& receipt, const std::string& remark) {
  const auto id = ConnectorId::parse(receipt.id);
  if (!id) return Finding{id.error(), ""};
  const auto now = home.registry.version(*id, receipt.version);
  if (now && now->quarantined) return Finding{quarantine_error(home.trust, *now), ""};
  if (now) return Finding{std::nullopt, remark};
  if (exit_status(now.error().code) == ExitStatus::not_found) {
    return Finding{std::nullopt, "the registry does not show it any more"};
  }
  return Finding{std::nullopt, "the registry could not be asked about this version", true};
}

Result<Finding> examine(Home& home, const Receipt& receipt, bool offline) {
  MKT_TRY(const Checksum checksum, Checksum::parse(receipt.checksum));
  MKT_TRY(const SignatureFile signature, SignatureFile::from_json(receipt.signature));
  const auto trusted = home.trust.check(signature, checksum, receipt.accepted_sequence);
  if (trusted && offline) return Finding{std::nullopt, trusted->remark};
  if (trusted) return ask_about(home, receipt, trusted->remark);
  if (!is_verdict(trusted.error().code)) return trusted.error();
  if (!offline && trusted.error().code == ErrorCode::key_revoked) {
    const auto again = check_countersignature(home, receipt, checksum);
    if (again) {
      return ask_about(home, receipt, fmt::format("signed again by {}", again->key.key_id));
    }
  }
  return Finding{trusted.error(), ""};
}

Tone tone_of(std::string_view state) {
  if (state == "unknown") return Tone::caution;
  return state == "ok" ? Tone::good : Tone::bad;
}

Status run(const Session& session, const AuditArguments& a) {
  MKT_TRY(const Settings settings, session.settings());
  MKT_TRY(const InstalledHere here, installed_here(a.root));
  const auto installed = here.all();
  std::map<std::string, std::unique_ptr<Home>> homes;
  PolicyStanding policy(session, settings, a.trust.offline);
  bool revoked = false;
  Json all = Json::array();
  Table table({{"ID"}, {"VERSION"}, {"STATE"}, {"WHY", Column::Fit::wrap}});
  std::vector<ErrorDetail> hits, unknown;
  const auto progress = session.out.progress("auditing", ProgressUnit::things);
  std::size_t done = 0;
  for (const Installed& i : installed) {
    if (progress) progress(done++, installed.size());
    const Receipt& receipt = i.receipt;
    MKT_TRY(const Settings own, settings_of_receipt(session, settings, receipt));
    auto& home = homes[own.registry];
    if (!home) {
      RegistryClient registry(own);
      MKT_TRY(Trust trust, open_trust(session, own, registry, a.trust));
      home = std::make_unique<Home>(own, std::move(trust));
    }
    auto finding = examine(*home, receipt, a.trust.offline);
    if (!finding) return finding.error().context(receipt.id);
    std::string state = finding->hit ? "hit" : finding->is_unknown ? "unknown" : "ok";
    revoked = revoked || finding->hit;
    if (const auto against = finding->hit ? std::nullopt : policy.refusal(receipt)) {
      state = "refused";
      finding->hit = Error(ErrorCode::policy_denied, *against);
    }
    const std::string why = finding->hit ? finding->hit->message : finding->remark;
    if (finding->hit) hits.push_back({printable(i.folder.string()), why});
    if (state == "unknown") unknown.push_back({printable(i.folder.string()), why});
    table.add({receipt.id, receipt.version, Cell(state, tone_of(state)), why});
    Json one = describe_installed(receipt, i.folder);
    one["state"] = state;
    one["remark"] = why;
    if (finding->hit) one["code"] = error_code_name(finding->hit->code);
    all.push_back(std::move(one));
  }
  if (progress) progress(installed.size(), installed.size());
  if (hits.empty() && !unknown.empty()) {
    if (!session.out.json) session.out.result({}, table);
    std::string message = fmt::format(
        "the registry could not be asked about {} of {} installed connectors, first "
        "{}; try again, or audit by what is known here: --offline",
        unknown.size(), installed.size(), unknown[0].path);
    return Error(ErrorCode::registry_unavailable, std::move(message), std::move(unknown));
  }
  if (hits.empty()) {
    session.out.result({{"connectors", all}, {"hits", 0}}, table);
    if (installed.empty()) {
      session.out.note(fmt::format("nothing is installed in {}", printable(here.root)));
    }
    return {};
  }
  if (!session.out.json) session.out.result({}, table);
  std::string message =
      fmt::format("{} of {} installed connectors must not be used any longer, first {}",
                  hits.size(), installed.size(), hits[0].path);
  return Error(revoked ? ErrorCode::version_quarantined : ErrorCode::policy_denied,
               std::move(message), std::move(hits));
}

}  // namespace

void add_audit_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<AuditArguments>();
  add_root_option(&command, a->root);
  add_trust_options(&command, a->trust);
  on_run(&command, session, [&session, a] { return run(session, *a); });
}

}  // namespace mkt
