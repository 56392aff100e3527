// mkt limit: shows what is left of the rate limits, and resets them.
#include <fmt/format.h>

#include "cli/client/registry_client.h"
#include "cli/commands/command.h"
#include "cli/commands/limit_table.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

struct LimitArguments {
  std::string subject;
  std::string scope;
};

Status show(const Session& session, const LimitArguments& a) {
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(const auto limits,
          registry.limits(a.subject.empty() ? std::nullopt : std::optional(a.subject)));
  Json all = Json::array();
  for (const wire::LimitInfo& l : limits) all.push_back(l.to_json());
  session.out.result({{"limits", all}}, limit_table(limits));
  return {};
}

Status reset(const Session& session, const LimitArguments& a) {
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(const wire::LimitInfo limit, registry.reset_limit(a.scope, a.subject));
  session.out.result(
      limit.to_json(),
      fmt::format("reset the limit {} for {}", printable(limit.scope), printable(limit.subject)));
  return {};
}

}  // namespace

void add_limit_command(CLI::App& limit, Session& session) {
  limit.require_subcommand(1);
  auto a = std::make_shared<LimitArguments>();

  CLI::App* command =
      add_subcommand(limit, "show", "Show what is left, for you or for somebody else",
                     "  mkt limit show\n  mkt limit show address:192.0.2.7");
  command->add_option("SUBJECT", a->subject,
                      "publisher:ID, tenant:ID, address:IP or token:ID; for admins");
  on_run(command, session, [&session, a] { return show(session, *a); });

  command = add_subcommand(limit, "reset", "Reset a limit; for admins",
                           "  mkt limit reset publish publisher:acme");
  command
      ->add_option("SCOPE", a->scope,
                   "publish, search, download, install, change, register or auth-failure")
      ->required();
  command->add_option("SUBJECT", a->subject, "publisher:ID, tenant:ID, address:IP or token:ID")
      ->required();
  on_run(command, session, [&session, a] { return reset(session, *a); });
}

}  // namespace mkt
