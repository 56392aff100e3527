// mkt token: bearer tokens of the registry.
#include <fmt/format.h>

#include "cli/client/moments.h"
#include "cli/client/registry_client.h"
#include "cli/commands/command.h"
#include "cli/commands/token_limits.h"
#include "cli/terminal/relative_time.h"
#include "common/base/token_text.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

struct TokenArguments {
  std::string name;
  std::string role;
  std::string subject;
  std::string expires;
  bool read_only = false;
  std::vector<std::string> connectors;
  std::vector<std::string> from;
  std::string id;
};

Status create(const Session& session, const TokenArguments& a) {
  if (a.subject.empty() && a.role != "admin") {
    return Error(ErrorCode::usage_error,
                 fmt::format("whose is it? a token of the role {} needs --subject {}", a.role,
                             a.role == "publisher" ? "PUBLISHER" : "TENANT"));
  }
  wire::NewToken wanted{a.name, a.role, a.subject, {}, {}, a.connectors, a.from};
  if (a.read_only) wanted.read_only = true;
  if (!a.expires.empty()) {
    MKT_TRY(wanted.expires_at, parse_expiry(a.expires, utc_now()));
  }
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(const wire::TokenInfo token, registry.create_token(wanted));
  session.out.result(token.to_json(), token.token.value_or(""));
  session.out.note(fmt::format("this is the only time the token {} is shown", printable(token.id)));
  tell_limits(session.out, token);
  return {};
}

Status list_tokens(const Session& session) {
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(const auto tokens, registry.tokens());
  Json all = Json::array();
  const UtcTime now = utc_now();
  Table table({{"ID"},
               {"ROLE"},
               {"OF", Column::Fit::cut_end},
               {"CREATED", Column::Fit::whole, 2},
               {"EXPIRES"},
               {"LAST USED", Column::Fit::whole, 1},
               {"LIMITED TO", Column::Fit::cut_end},
               {"NAME", Column::Fit::cut_end}});
  for (const wire::TokenInfo& t : tokens) {
    all.push_back(t.to_json());
    table.add({printable(t.id), printable(t.role), printable(t.subject),
               time_cell(t.created_at, now), time_cell(t.expires_at.value_or(""), now, "never"),
               time_cell(t.last_used_at.value_or(""), now, "never"), limits_of(t),
               printable(t.name)});
  }
  session.out.result({{"tokens", all}}, table);
  return {};
}

Status revoke(const Session& session, const std::string& text) {
  // What people have at hand may be the token itself, whose secret must not become part of a URL.
  const std::string_view own_id = token_id_in(text);
  const std::string id(own_id.empty() ? text : own_id);
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_CHECK(registry.revoke_token(id));
  session.out.result({{"id", id}, {"revoked", true}},
                     fmt::format("revoked the token {}", printable(id)));
  return {};
}

}  // namespace

void add_token_command(CLI::App& token, Session& session) {
  token.require_subcommand(1);
  auto a = std::make_shared<TokenArguments>();

  CLI::App* command =
      add_subcommand(token, "create", "Make a token; it is printed only once",
                     "  mkt token create --role publisher --subject acme --name ci --expires 90d");
  command->add_option("--role", a->role, "admin, publisher, tenant-admin, member or approver")
      ->required()
      ->check(CLI::IsMember({"admin", "publisher", "tenant-admin", "member", "approver"}));
  command->add_option("--subject", a->subject, "The publisher or tenant it is for");
  command->add_option("--name", a->name, "What it is used for");
  command->add_option(
      "--expires", a->expires,
      "Until when it is valid: 2027-01-01, or 90d from now (default: as the registry says)");
  command->add_flag("--read", a->read_only, "It may only read");
  command->add_option("--connector", a->connectors,
                      "It is only for these connectors: ids in which * stands for anything");
  command->add_option("--from", a->from, "It may only come from these addresses, e.g. 10.0.0.0/8");
  on_run(command, session, [&session, a] { return create(session, *a); });

  command = add_subcommand(token, "list", "Show tokens, without their secrets", "  mkt token list");
  on_run(command, session, [&session] { return list_tokens(session); });

  command = add_subcommand(token, "revoke", "Revoke a token", "  mkt token revoke 0123456789ab");
  command->add_option("ID", a->id, "The token's id, or the token")->required();
  on_run(command, session, [&session, a] { return revoke(session, a->id); });
}

}  // namespace mkt
