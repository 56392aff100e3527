// mkt key revoke: revokes a key for ever, after showing what that affects.
#include <fmt/format.h>

#include "cli/client/moments.h"
#include "cli/client/registry_client.h"
#include "cli/client/trust.h"
#include "cli/commands/key_commands.h"
#include "cli/terminal/prompt.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

struct KeyRevokeArguments {
  std::string key_id;
  std::string code;
  std::string reason;
  std::string since;
  bool dry_run = false;
  bool yes = false;
};

// What the registry counts but does not list: for an admin a long list, for others always.
std::string describe_rest(std::uint64_t count, std::size_t listed, const char* what) {
  if (count <= listed) return {};
  return fmt::format("  {}{} {}\n", listed > 0 ? "and " : "", count - listed, what);
}

std::string describe_hits(const wire::RevocationInfo& r) {
  if (r.counts.quarantined == 0) return "no version goes into quarantine\n";
  std::string text = fmt::format("{} version{} into quarantine:\n", r.counts.quarantined,
                                 r.counts.quarantined == 1 ? " goes" : "s go");
  for (const wire::VersionInfo& v : r.quarantined) {
    text += fmt::format("  {}@{}  published {}\n", printable(v.id), printable(v.version),
                        printable(v.published_at));
  }
  text += describe_rest(r.counts.quarantined, r.quarantined.size(), "more versions");
  for (const wire::InstallRequestInfo& request : r.requests) {
    text += fmt::format("  {}@{} was asked for by {}: denied\n", printable(request.connector_id),
                        printable(request.version), printable(request.tenant_id));
  }
  text += describe_rest(r.counts.requests, r.requests.size(), "install requests for these: denied");
  for (const wire::InstallationInfo& i : r.installations) {
    text += fmt::format("  {}@{} is installed at {}\n", printable(i.connector_id),
                        printable(i.version), printable(i.tenant_id));
  }
  text += describe_rest(r.counts.installations, r.installations.size(), "installations of these");
  return text;
}

Status ask_leave(const Session& session, const KeyId& id, const wire::RevocationInfo& preview) {
  const std::string hits = describe_hits(preview);
  // This is part of the question, so --quiet does not leave it out.
  const auto answer =
      ask_yes_or_no(fmt::format("{}Revoke {}? This cannot be undone. [y/N] ", hits, id.text()));
  if (!answer) {
    session.out.note(hits);
    return Error(ErrorCode::usage_error,
                 "there is no terminal to ask at; to revoke without being asked: --yes");
  }
  if (!*answer) return Error(ErrorCode::usage_error, "nothing was revoked");
  return {};
}

Status run(const Session& session, const KeyRevokeArguments& a) {
  MKT_TRY(const KeyId id, KeyId::parse(a.key_id));
  wire::KeyRevocation request{a.code, a.reason, {}, false};
  if (!a.since.empty()) {
    MKT_TRY(request.compromised_since, parse_moment(a.since, utc_now()));
  }
  MKT_TRY(RegistryClient registry, session.registry());
  if (a.dry_run || !a.yes) {
    request.dry_run = true;
    MKT_TRY(const wire::RevocationInfo preview, registry.revoke_key(id, request));
    if (a.dry_run) {
      session.out.result(preview.to_json(), describe_hits(preview));
      session.out.note("nothing was revoked (--dry-run)");
      return {};
    }
    MKT_CHECK(ask_leave(session, id, preview));
    request.dry_run = false;
  }
  MKT_TRY(const wire::RevocationInfo revoked, registry.revoke_key(id, request));
  session.out.result(revoked.to_json(),
                     fmt::format("the key {} {} {}\n{}", id.text(), revoked.changed ? "is" : "was",
                                 describe_end(revoked.key), describe_hits(revoked)));
  return {};
}

}  // namespace

void add_key_revoke_command(CLI::App& key, Session& session) {
  auto a = std::make_shared<KeyRevokeArguments>();
  CLI::App* command = add_subcommand(
      key, "revoke", "Revoke a key for ever, after showing what that affects",
      "  mkt key revoke acme:0123456789abcdef --reason-code compromised --reason 'laptop stolen'\n"
      "  mkt key revoke acme:0123456789abcdef --reason-code compromised --reason 'laptop stolen' "
      "--compromised-since 2026-01-31 --dry-run");
  command->add_option("KEYID", a->key_id, "The key")->required();
  command->add_option("--reason-code", a->code, "superseded, cessation, compromised or unspecified")
      ->required()
      ->check(CLI::IsMember({"superseded", "cessation", "compromised", "unspecified"}));
  command->add_option("--reason", a->reason, "Why, for people")->required();
  command->add_option("--compromised-since", a->since,
                      "Quarantine only what was accepted since, e.g. 2026-01-31 or 24h");
  command->add_flag("--dry-run", a->dry_run, "Only show what it would affect");
  command->add_flag("--yes", a->yes, "Do not ask");
  on_run(command, session, [&session, a] { return run(session, *a); });
}

}  // namespace mkt
