// mkt owner: which publishers may publish new versions of a connector.
#include <fmt/format.h>

#include "cli/client/registry_client.h"
#include "cli/commands/command.h"
#include "cli/terminal/relative_time.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

struct OwnerArguments {
  std::string id;
  std::string publisher;
};

void show(const Session& session, const ConnectorId& id,
          const std::vector<wire::OwnerInfo>& owners) {
  Json all = Json::array();
  Table table({{"OWNER"}, {"SINCE"}});
  for (const wire::OwnerInfo& o : owners) {
    all.push_back(o.to_json());
    table.add({printable(o.publisher_id), time_cell(o.added_at, utc_now())});
  }
  session.out.result({{"id", id.text()}, {"owners", all}}, table);
}

Status list(const Session& session, const OwnerArguments& a) {
  MKT_TRY(const ConnectorId id, ConnectorId::parse(a.id));
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(const auto owners, registry.owners(id));
  show(session, id, owners);
  return {};
}

using Change = Result<std::vector<wire::OwnerInfo>> (RegistryClient::*)(const ConnectorId&,
                                                                        const PublisherId&);

Status change(const Session& session, const OwnerArguments& a, Change what) {
  MKT_TRY(const ConnectorId id, ConnectorId::parse(a.id));
  MKT_TRY(const PublisherId publisher, PublisherId::parse(a.publisher));
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(const auto owners, (registry.*what)(id, publisher));
  show(session, id, owners);
  return {};
}

}  // namespace

void add_owner_command(CLI::App& owner, Session& session) {
  owner.require_subcommand(1);
  auto a = std::make_shared<OwnerArguments>();

  CLI::App* command = add_subcommand(owner, "list", "Show a connector's owners",
                                     "  mkt owner list hello-connector");
  command->add_option("ID", a->id, "The connector")->required();
  on_run(command, session, [&session, a] { return list(session, *a); });

  command = add_subcommand(owner, "add", "Let another publisher publish a connector",
                           "  mkt owner add hello-connector partner");
  command->add_option("ID", a->id, "The connector")->required();
  command->add_option("PUBLISHER", a->publisher, "The new owner")->required();
  on_run(command, session,
         [&session, a] { return change(session, *a, &RegistryClient::add_owner); });

  command = add_subcommand(owner, "remove", "Remove an owner of a connector",
                           "  mkt owner remove hello-connector partner");
  command->add_option("ID", a->id, "The connector")->required();
  command->add_option("PUBLISHER", a->publisher, "The owner to remove")->required();
  on_run(command, session,
         [&session, a] { return change(session, *a, &RegistryClient::remove_owner); });
}

}  // namespace mkt
