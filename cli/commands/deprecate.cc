// mkt deprecate: advises against a version.
#include <fmt/format.h>

#include "cli/client/registry_client.h"
#include "cli/commands/targets.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

struct DeprecateArguments {
  std::vector<std::string> specs;
  std::string reason;
  bool undo = false;
};

Result<TargetResult> deprecate(const Session& session, const DeprecateArguments& a,
                               const std::string& text) {
  MKT_TRY(const ConnectorSpec spec, ConnectorSpec::parse(text));
  if (!spec.version) {
    return Error(ErrorCode::usage_error,
                 fmt::format("which version? write {}@VERSION", spec.id.text()));
  }
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(const auto version, registry.deprecate(spec.id, *spec.version,
                                                 a.undo ? std::nullopt : std::optional(a.reason)));
  return TargetResult{version.to_json(),
                      fmt::format("{}@{} is {}deprecated", spec.id.text(), spec.version->text(),
                                  version.deprecated ? "" : "no longer ")};
}

Status run(Session& session, const DeprecateArguments& a) {
  if (a.undo != a.reason.empty()) {
    return Error(ErrorCode::usage_error, "either --reason TEXT or --undo");
  }
  return for_each_target(session, a.specs,
                         [&](const std::string& spec) { return deprecate(session, a, spec); });
}

}  // namespace

void add_deprecate_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<DeprecateArguments>();
  command.add_option("ID@VERSION", a->specs, "The versions")->required();
  command.add_option("--reason", a->reason, "Why, and what to use instead");
  command.add_flag("--undo", a->undo, "Undo the deprecation");
  on_run(&command, session, [&session, a] { return run(session, *a); });
}

}  // namespace mkt
