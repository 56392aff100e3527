// mkt key add, mkt key rotate: adds a key to a publisher, endorsed by one that it has.
#include <fmt/format.h>

#include "cli/client/moments.h"
#include "cli/client/registry_client.h"
#include "cli/commands/key_commands.h"
#include "cli/commands/public_key_option.h"
#include "cli/commands/signer.h"
#include "cli/commands/signing_key.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

struct KeyAddArguments {
  std::string key_id;
  std::string other;  // --endorse-with, --to
  std::string expires;
  Passphrase passphrase = Passphrase::asked_for;
  std::string publisher;  // whose --public-key is
  PublicKeyOption public_key;
};

Result<std::optional<UtcTime>> expiry(const std::string& text) {
  if (text.empty()) return std::optional<UtcTime>();
  MKT_TRY(const UtcTime end, parse_expiry(text, utc_now()));
  return std::optional(end);
}

struct KeyToAdd {
  PublisherId publisher;
  RegistryClient::KeyToRegister key;
};

// The public half alone: somebody else has the private half, and an admin vouches for the key.
Result<KeyToAdd> foreign_key(const KeyAddArguments& a) {
  if (!a.key_id.empty() || a.publisher.empty()) {
    return Error(ErrorCode::usage_error, "--public-key needs --publisher, and replaces KEYID");
  }
  MKT_TRY(PublisherId publisher, PublisherId::parse(a.publisher));
  MKT_TRY(auto key, given_public_key(a.public_key));
  return KeyToAdd{std::move(publisher), std::move(*key)};
}

// A key of the ssh-agent, which signs the proof that it is there. Its name may say whose it is.
Result<Signer> agent_key(const Session& session, const KeyAddArguments& a) {
  MKT_TRY(const AgentKeyName name, AgentKeyName::parse(a.key_id));
  if (name.key_id()) return open_agent_signer(session, a.key_id, nullptr);
  if (a.publisher.empty()) {
    return Error(ErrorCode::usage_error, "name the publisher of this key with --publisher");
  }
  MKT_TRY(const PublisherId publisher, PublisherId::parse(a.publisher));
  return open_agent_signer(session, a.key_id, &publisher);
}

Status add(const Session& session, const KeyAddArguments& a) {
  if (a.key_id.empty() && a.public_key.key.empty()) {
    return Error(ErrorCode::usage_error, "name a key on this machine, or give --public-key");
  }
  MKT_TRY(const auto expires_at, expiry(a.expires));
  std::optional<SigningKey> own;
  std::optional<Signer> agents;
  std::optional<KeyToAdd> added;
  if (!a.public_key.key.empty()) {
    MKT_TRY(added, foreign_key(a));
  } else if (AgentKeyName::is_one(a.key_id)) {
    MKT_TRY(Signer opened, agent_key(session, a));
    agents.emplace(std::move(opened));
    added.emplace(KeyToAdd{
        agents->key_id().publisher(),
        {agents->public_key(), [&agents](std::string_view text) { return agents->sign(text); }}});
    MKT_TRY(added->key.alias, given_alias(a.public_key));
  } else {
    MKT_TRY(const KeyId id, KeyId::parse(a.key_id));
    MKT_TRY(SigningKey opened, open_signing_key(session, id.text()));
    own.emplace(std::move(opened));
    added.emplace(KeyToAdd{id.publisher(), own->secret});
    MKT_TRY(added->key.alias, given_alias(a.public_key));
  }
  std::optional<SigningKey> endorser;
  if (!a.other.empty()) {
    MKT_TRY(SigningKey opened, open_signing_key(session, a.other));
    endorser.emplace(std::move(opened));
  }
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(const wire::KeyInfo info,
          registry.add_key(added->publisher, {added->key, expires_at,
                                              endorser ? &endorser->secret : nullptr, false}));
  session.out.result(info.to_json(), fmt::format("{} is a key of {} now", printable(info.key_id),
                                                 printable(info.publisher_id)));
  if (info.expires_at) session.out.note("it expires " + printable(*info.expires_at));
  return {};
}

// The new key as the registry has it, where it has already replaced the old one.
Result<std::optional<wire::KeyInfo>> rotated_already(RegistryClient& registry, const KeyId& old,
                                                     const KeyId& now) {
  const auto publisher = registry.publisher(now.publisher());
  std::optional<wire::KeyInfo> successor;
  bool old_is_retired = false;
  if (!publisher) return successor;  // then report the first error
  for (const wire::KeyInfo& key : publisher->keys) {
    old_is_retired = old_is_retired || (key.key_id == old.text() && key.status == "retired");
    if (key.key_id == now.text() && key.status == "active" && key.endorsed_by == old.text()) {
      successor = key;
    }
  }
  if (!old_is_retired) successor.reset();
  return successor;
}

Status rotate(const Session& session, const KeyAddArguments& a) {
  MKT_TRY(const auto expires_at, expiry(a.expires));
  MKT_TRY(const SigningKey old, open_signing_key(session, a.key_id));
  const PublisherId& publisher = old.info.key_id.publisher();
  auto made =
      a.other.empty() ? make_key(publisher, a.passphrase) : open_signing_key(session, a.other);
  if (!made) return made.error();
  const std::string& new_id = made->info.key_id.text();
  MKT_TRY(RegistryClient registry, session.registry());
  auto info = registry.add_key(publisher, {made->secret, expires_at, &old.secret, true});
  if (!info && !a.other.empty()) {
    // An earlier try may have succeeded although its answer was lost.
    MKT_TRY(auto done, rotated_already(registry, old.info.key_id, made->info.key_id));
    if (done) info = std::move(*done);
  }
  if (!info) {
    // The new key's file stays: the registry may have accepted the key although its answer was
    // lost.
    return info.error().context(
        fmt::format("the new key {} is in {}, but the registry did not confirm it; look with `mkt "
                    "publisher show {}`, try again with `mkt key rotate {} --to {}`",
                    new_id, printable(made->info.path.string()), publisher.text(),
                    old.info.key_id.text(), new_id));
  }
  Json document = info->to_json();
  document["retired"] = old.info.key_id.text();
  document["file"] = made->info.path.string();
  session.out.result(document, new_id);
  MKT_TRY(const NamedKey usual, named_key(session, ""));
  if (usual.text == old.info.key_id.text()) {
    session.out.warn(fmt::format("{} still names {}, which is retired; make it {}", usual.place,
                                 usual.text, new_id));
  }
  session.out.note(
      fmt::format("{} signs from now on; {} is retired: what it signed stays valid, and you may "
                  "delete its file: mkt key remove {}",
                  new_id, old.info.key_id.text(), old.info.key_id.text()));
  return {};
}

}  // namespace

void add_key_add_commands(CLI::App& key, Session& session) {
  auto a = std::make_shared<KeyAddArguments>();
  CLI::App* command =
      add_subcommand(key, "add", "Register another key of a publisher",
                     "  mkt key generate --publisher acme\n"
                     "  mkt key add acme:0123456789abcdef --endorse-with acme:fedcba9876543210");
  command->add_option("KEYID", a->key_id, "A key on this machine, or agent:FINGERPRINT");
  command->add_option("--publisher", a->publisher,
                      "The publisher that owns --public-key, or the ssh-agent's key");
  add_public_key_options(command, a->public_key);
  command->add_option("--endorse-with", a->other,
                      "A registered key that endorses it, for users who pinned that key");
  command->add_option("--expires", a->expires,
                      "Until when it may sign: 2027-01-01, or 365d from now (default: for ever)");
  on_run(command, session, [&session, a] { return add(session, *a); });

  command = add_subcommand(key, "rotate", "Replace a key: make, register, retire the old one",
                           "  mkt key rotate acme:0123456789abcdef");
  CLI::Option* const named = command->add_option(
      "KEYID", a->key_id, "The key to retire (default: the only active one, or $MKT_KEY)");
  command->add_option("--key", a->key_id, "The same, as other commands name it")->excludes(named);
  command->add_option("--to", a->other, "An unregistered key on this machine (default: a new one)");
  command->add_option("--expires", a->expires,
                      "Until when the new key may sign: 2027-01-01, or 365d from now");
  command->add_flag_callback(
      "--no-passphrase", [a] { a->passphrase = Passphrase::none; },
      "Leave the new key unencrypted");
  on_run(command, session, [&session, a] { return rotate(session, *a); });
}

}  // namespace mkt
