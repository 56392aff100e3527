// mkt visibility: shows and changes who sees a connector.
#include <fmt/format.h>

#include "cli/client/registry_client.h"
#include "cli/commands/command.h"
#include "common/base/utf8.h"
#include "common/connector/visibility.h"

namespace mkt {
namespace {

struct VisibilityArguments {
  std::string id;
  std::string whom;
};

Status report(const Session& session, const ConnectorId& id, const std::string& visibility) {
  session.out.result({{"id", id.text()}, {"visibility", visibility}},
                     fmt::format("{} is visible to {}", id.text(), printable(visibility)));
  return {};
}

Status run(Session& session, const VisibilityArguments& a) {
  MKT_TRY(const ConnectorId id, ConnectorId::parse(a.id));
  MKT_TRY(RegistryClient registry, session.registry());
  if (a.whom.empty()) {
    MKT_TRY(const wire::ConnectorInfo info, registry.connector(id));
    return report(session, id, info.visibility.empty() ? visibility_text({}) : info.visibility);
  }
  MKT_TRY(const auto tenants, parse_visibility(a.whom));
  MKT_TRY(const wire::VisibilityInfo now, registry.set_visibility(id, {visibility_text(tenants)}));
  return report(session, id, now.visibility);
}

}  // namespace

void add_visibility_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<VisibilityArguments>();
  command.add_option("ID", a->id, "The connector")->required();
  command.add_option("WHOM", a->whom, "everyone, or tenants:A,B; shows it where left out");
  on_run(&command, session, [&session, a] { return run(session, *a); });
}

}  // namespace mkt
