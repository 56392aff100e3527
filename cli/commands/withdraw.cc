// mkt withdraw: takes a version back for ever, after showing what that hits.
#include <fmt/format.h>

#include "cli/client/registry_client.h"
#include "cli/commands/command.h"
#include "cli/commands/taken_out.h"
#include "cli/terminal/prompt.h"
#include "common/base/utf8.h"
#include "common/wire/words.h"

namespace mkt {
namespace {

struct WithdrawArguments {
  std::string spec;
  std::string code;
  std::string reason;
  bool dry_run = false;
  bool yes = false;
};

Status ask_leave_to_withdraw(const Session& session, const NamedVersion& n,
                             const wire::TakenOutInfo& preview) {
  const std::string hits = describe_hits(preview, HitsAre::to_come);
  const auto answer = ask_yes_or_no(fmt::format(
      "{}Withdraw {}? Its bytes go, and its number is never used again. [y/N] ", hits, n.text()));
  if (!answer) {
    session.out.note(hits);
    return Error(ErrorCode::usage_error,
                 "there is no terminal to ask at; to withdraw without being asked: --yes");
  }
  if (!*answer) return Error(ErrorCode::usage_error, "nothing was withdrawn");
  return {};
}

// The first word stays.
Status tell_it_was(const Session& session, const NamedVersion& n, const wire::TakenOutInfo& out) {
  const wire::VersionInfo& v = out;
  session.out.result(out.to_json(),
                     fmt::format("{} was withdrawn before, on {} ({}): {}\nnothing was changed",
                                 n.text(), printable(v.withdrawn_at.value_or("")),
                                 printable(v.withdrawal_code), printable(v.withdrawal_reason)));
  return {};
}

Status run(const Session& session, const WithdrawArguments& a) {
  MKT_TRY(const NamedVersion n, named_version(a.spec));
  MKT_TRY(RegistryClient registry, session.registry());
  if (a.dry_run || !a.yes) {
    MKT_TRY(const auto preview, registry.withdraw(n.id, n.version, {a.code, a.reason, true}));
    if (a.dry_run) {
      session.out.result(preview.to_json(), describe_hits(preview, HitsAre::to_come));
      session.out.note("nothing was withdrawn (--dry-run)");
      return {};
    }
    if (preview.withdrawn_at) return tell_it_was(session, n, preview);
    MKT_CHECK(ask_leave_to_withdraw(session, n, preview));
  }
  MKT_TRY(const auto out, registry.withdraw(n.id, n.version, {a.code, a.reason, {}}));
  const wire::VersionInfo& v = out;
  if (v.withdrawal_code != a.code || v.withdrawal_reason != a.reason) {
    return tell_it_was(session, n, out);
  }
  session.out.result(out.to_json(), fmt::format("{} is withdrawn\n{}", n.text(),
                                                describe_hits(out, HitsAre::done)));
  return {};
}

}  // namespace

void add_withdraw_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<WithdrawArguments>();
  command.add_option("ID@VERSION", a->spec, "The version")->required();
  command.add_option("--reason-code", a->code, "security, legal or mistake")
      ->required()
      ->check(CLI::IsMember({"security", "legal", "mistake"}));
  command.add_option("--reason", a->reason, "Why, for people")->required();
  command.add_flag("--dry-run", a->dry_run, "Only show what it would hit");
  command.add_flag("--yes", a->yes, "Do not ask");
  on_run(&command, session, [&session, a] { return run(session, *a); });
}

}  // namespace mkt
