// mkt quarantine: keeps a version from being installed, without a word about its key.
#include <fmt/format.h>

#include "cli/client/registry_client.h"
#include "cli/commands/taken_out.h"
#include "cli/commands/targets.h"

namespace mkt {
namespace {

struct QuarantineArguments {
  std::vector<std::string> specs;
  std::string reason;
  bool undo = false;
};

Result<TargetResult> quarantine(const Session& session, const QuarantineArguments& a,
                                const std::string& text) {
  MKT_TRY(const NamedVersion n, named_version(text));
  MKT_TRY(RegistryClient registry, session.registry());
  if (a.undo) {
    MKT_TRY(const auto version, registry.release(n.id, n.version, {a.reason}));
    return TargetResult{version.to_json(),
                        fmt::format("{} is {}", n.text(),
                                    version.quarantined ? "still in quarantine, for its key"
                                                        : "no longer in quarantine")};
  }
  MKT_TRY(const auto out, registry.quarantine(n.id, n.version, {a.reason}));
  return TargetResult{out.to_json(), fmt::format("{} is in quarantine\n{}", n.text(),
                                                 describe_hits(out, HitsAre::done))};
}

Status run(Session& session, const QuarantineArguments& a) {
  return for_each_target(session, a.specs,
                         [&](const std::string& spec) { return quarantine(session, a, spec); });
}

}  // namespace

void add_quarantine_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<QuarantineArguments>();
  command.add_option("ID@VERSION", a->specs, "The versions")->required();
  command.add_option("--reason", a->reason, "Why; it stays in the log")->required();
  command.add_flag("--undo", a->undo, "Lift the quarantine");
  on_run(&command, session, [&session, a] { return run(session, *a); });
}

}  // namespace mkt
