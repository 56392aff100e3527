// mkt publisher: the publishers at the registry.
#include <fmt/format.h>

#include "cli/client/credentials.h"
#include "cli/client/registry_client.h"
#include "cli/client/trust.h"
#include "cli/commands/command.h"
#include "cli/commands/public_key_option.h"
#include "cli/commands/signer.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

std::string describe(const wire::PublisherInfo& p) {
  std::string text =
      fmt::format("publisher   {}\nname        {}\nstatus      {}{}\nregistered  {}\n",
                  printable(p.id), printable(p.display_name), printable(p.status),
                  p.verified ? ", verified" : "", printable(p.created_at));
  if (!p.status_reason.empty()) {
    text += fmt::format("reason      {}\n", printable(p.status_reason));
  }
  if (!p.email.empty()) text += fmt::format("email       {}\n", printable(p.email));
  for (const wire::KeyInfo& k : p.keys) {
    const std::string end = describe_end(k);
    text += fmt::format("key         {} {}\n            registered {}{}\n            {}\n",
                        printable(k.key_id), end.empty() ? "active" : end,
                        printable(k.created_at.substr(0, 10)),
                        k.expires_at ? ", expires " + printable(k.expires_at->substr(0, 10)) : "",
                        printable(k.fingerprint));
  }
  return text;
}

struct PublisherArguments {
  std::string id;
  std::string display_name;
  std::string email;
  std::string key;
  PublicKeyOption public_key;
  std::string reason;
  bool undo = false;
};

// A key on this machine, unlocked, or one of the ssh-agent: it signs the proof that it is here.
Result<Signer> own_key(const Session& session, const PublisherId& id, const std::string& text) {
  const bool is_agents = AgentKeyName::is_one(text);
  std::optional<KeyId> key_id;
  if (is_agents) {
    MKT_TRY(const AgentKeyName name, AgentKeyName::parse(text));
    key_id = name.key_id();
  } else {
    MKT_TRY(key_id, KeyId::parse(text));
  }
  if (key_id && key_id->publisher() != id) {
    return Error(ErrorCode::key_foreign,
                 fmt::format("the key {} is not one of the publisher {}; make one: mkt key "
                             "generate --publisher {}",
                             key_id->text(), id.text(), id.text()));
  }
  return is_agents ? open_agent_signer(session, text, &id) : open_signer(session, text);
}

Status register_one(const Session& session, const PublisherArguments& a) {
  MKT_TRY(const PublisherId id, PublisherId::parse(a.id));
  if (a.key.empty() == a.public_key.key.empty()) {
    return Error(ErrorCode::usage_error,
                 "name the publisher's key: --key for one on this machine, or --public-key");
  }
  MKT_TRY(auto key, given_public_key(a.public_key));
  std::optional<Signer> own;
  if (!key) {
    MKT_TRY(Signer opened, own_key(session, id, a.key));
    own.emplace(std::move(opened));
    key.emplace(own->public_key(), [&own](std::string_view text) { return own->sign(text); });
    MKT_TRY(key->alias, given_alias(a.public_key));
  }
  MKT_TRY(RegistryClient registry, session.registry());
  const Settings& settings = registry.settings();
  MKT_TRY(const wire::RegisteredInfo registered,
          registry.register_publisher(id, a.display_name, a.email, *key));
  if (registered.token) {
    MKT_TRY(const auto kept, kept_token(settings.registry));
    if (kept) {
      session.out.note(fmt::format("another token is kept for {}; the new publisher's is not",
                                   settings.registry));
    } else {
      MKT_CHECK(keep_token(settings.registry, *registered.token));
      session.out.note(
          fmt::format("logged in at {} as publisher of {}", settings.registry, id.text()));
    }
  }
  const wire::PublisherInfo& publisher = registered;  // without the token
  session.out.result(publisher.to_json(),
                     fmt::format("registered the publisher {} with the key {}", id.text(),
                                 KeyId::of(id, key->key.fingerprint()).text()));
  return {};
}

Status show_publisher(const Session& session, const std::string& text) {
  MKT_TRY(const PublisherId id, PublisherId::parse(text));
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(const wire::PublisherInfo info, registry.publisher(id));
  session.out.result(info.to_json(), describe(info));
  return {};
}

Status list_publishers(const Session& session) {
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(const auto publishers, registry.publishers());
  Json all = Json::array();
  Table table({{"PUBLISHER"}, {"STATUS"}, {"VERIFIED"}, {"NAME", Column::Fit::cut_end}});
  for (const wire::PublisherInfo& p : publishers) {
    all.push_back(p.to_json());
    table.add({printable(p.id), state_cell(printable(p.status)), p.verified ? "yes" : "no",
               printable(p.display_name)});
  }
  session.out.result({{"publishers", all}}, table);
  return {};
}

Status change(const Session& session, const PublisherArguments& a,
              const wire::PublisherChange& wanted) {
  MKT_TRY(const PublisherId id, PublisherId::parse(a.id));
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(const wire::PublisherInfo info, registry.change_publisher(id, wanted));
  session.out.result(info.to_json(), fmt::format("{} is {}{}", id.text(), printable(info.status),
                                                 info.verified ? ", verified" : ""));
  return {};
}

}  // namespace

void add_publisher_command(CLI::App& publisher, Session& session) {
  publisher.require_subcommand(1);
  auto a = std::make_shared<PublisherArguments>();

  CLI::App* command =
      add_subcommand(publisher, "register", "Register a publisher with its first key",
                     "  mkt publisher register acme --display-name 'Acme Inc.' --email "
                     "dev@acme.example --key acme:0123456789abcdef");
  command->add_option("PUBLISHER", a->id, "The publisher's id")->required();
  command->add_option("--display-name", a->display_name, "Display name")->required();
  command->add_option("--email", a->email, "Where to reach the publisher")->required();
  command->add_option("--key", a->key, "Id of a key on this machine, or agent:FINGERPRINT");
  add_public_key_options(command, a->public_key);
  on_run(command, session, [&session, a] { return register_one(session, *a); });

  command = add_subcommand(publisher, "show", "Show a publisher and its keys",
                           "  mkt publisher show acme");
  command->add_option("PUBLISHER", a->id, "The publisher's id")->required();
  on_run(command, session, [&session, a] { return show_publisher(session, a->id); });

  command = add_subcommand(publisher, "list", "Show all publishers", "  mkt publisher list");
  on_run(command, session, [&session] { return list_publishers(session); });

  command = add_subcommand(publisher, "verify", "Mark a publisher as one you know",
                           "  mkt publisher verify acme\n  mkt publisher verify acme --undo");
  command->add_option("PUBLISHER", a->id, "The publisher's id")->required();
  command->add_flag("--undo", a->undo, "Remove the mark");
  on_run(command, session, [&session, a] { return change(session, *a, {.verified = !a->undo}); });

  command = add_subcommand(publisher, "suspend",
                           "Suspend a publisher, which then publishes nothing for a while",
                           "  mkt publisher suspend acme --reason 'under review'");
  command->add_option("PUBLISHER", a->id, "The publisher's id")->required();
  command->add_option("--reason", a->reason, "Why")->required();
  on_run(command, session, [&session, a] {
    return change(session, *a, {.status = "suspended", .reason = a->reason});
  });

  command =
      add_subcommand(publisher, "ban", "Ban a publisher, which then publishes nothing any more",
                     "  mkt publisher ban acme --reason 'published malware'");
  command->add_option("PUBLISHER", a->id, "The publisher's id")->required();
  command->add_option("--reason", a->reason, "Why")->required();
  on_run(command, session,
         [&session, a] { return change(session, *a, {.status = "banned", .reason = a->reason}); });

  command = add_subcommand(publisher, "restore", "Let a publisher publish again",
                           "  mkt publisher restore acme");
  command->add_option("PUBLISHER", a->id, "The publisher's id")->required();
  on_run(command, session, [&session, a] { return change(session, *a, {.status = "active"}); });
}

}  // namespace mkt
