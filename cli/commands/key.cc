// mkt key: the private keys on this machine. For what involves the registry, see key_add.cc,
// key_revoke.cc and key_trust.cc.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/commands/key_commands.h"
#include "cli/commands/key_states.h"
#include "cli/commands/output_option.h"
#include "cli/terminal/prompt.h"
#include "cli/terminal/relative_time.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/signing/key_file.h"
#include "common/signing/minisign_key.h"
#include "common/signing/openssh_key.h"

namespace mkt {
namespace {

Status generate(const Session& session, const std::string& publisher, Passphrase passphrase) {
  MKT_TRY(const PublisherId id, PublisherId::parse(publisher));
  MKT_TRY(const SigningKey made, make_key(id, passphrase));
  session.out.result(describe_key_file(made.info), made.info.key_id.text());
  session.out.note(fmt::format("the private key is in {}{}; keep a copy in a safe place",
                               made.info.path.string(),
                               made.info.encrypted ? ", under your passphrase" : ", unencrypted"));
  return {};
}

Status list(const Session& session, bool offline) {
  MKT_TRY(const auto keys, list_key_files(keys_folder()));
  const KeyStates states = key_states(session, keys, offline);
  if (states.why) {
    session.out.note(fmt::format("the states of the keys at the registry are not known: {}",
                                 printable(states.why->message)));
  }
  Json all = Json::array();
  Table table({{"KEY"},
               {"STATE"},
               {"CREATED", Column::Fit::whole, 1},
               {"PASSPHRASE", Column::Fit::whole, 2},
               {"FILE", Column::Fit::cut_middle, 3}});
  for (const KeyFileInfo& k : keys) {
    const std::string state(key_state_name(states.of(k.key_id)));
    all.push_back(describe_key_file(k));
    all.back()["state"] = state;
    table.add({k.key_id.text(), state_cell(state), time_cell(k.created_at, utc_now()),
               k.encrypted ? "yes" : "no", printable(k.path.string())});
  }
  session.out.result({{"keys", all}}, table);
  if (keys.empty()) session.out.note("there are no keys here; make one: mkt key generate");
  return {};
}

Result<KeyFileInfo> find(const std::string& text) {
  MKT_TRY(const KeyId id, KeyId::parse(text));
  auto file = KeyFile::read(key_file_path(keys_folder(), id));
  if (file) return std::move(file->info);
  if (file.error().code != ErrorCode::not_found) return file.error();
  return Error(ErrorCode::key_not_found,
               fmt::format("the key {} is not on this machine; list those that are: mkt key list",
                           id.text()));
}

// A key that can still sign, or whose state is unknown, cannot be recovered: this needs `force`.
Status remove_key(const Session& session, const std::string& text, bool force) {
  MKT_TRY(const KeyFileInfo k, find(text));
  const KeyState state = key_states(session, {k}, false).of(k.key_id);
  if (!is_over(state) && !force) {
    const std::string what = fmt::format(
        "the key {} is {}, and this is its only private part that "
        "mkt knows of",
        k.key_id.text(), key_state_name(state));
    const auto answer = ask_yes_or_no(what + "; remove it anyway? [y/N] ");
    if (!answer || !*answer) {
      return Error(
          ErrorCode::usage_error,
          answer ? "nothing was removed" : what + "; to remove it without being asked: --force");
    }
  }
  if (::unlink(k.path.c_str()) != 0) {
    return system_error(fmt::format("cannot remove {}", printable(k.path.string())), errno);
  }
  Json document = describe_key_file(k);
  document["state"] = key_state_name(state);
  document["removed"] = true;
  session.out.result(document, fmt::format("removed {}", printable(k.path.string())));
  return {};
}

Status show(const Session& session, const std::string& text) {
  MKT_TRY(const KeyFileInfo k, find(text));
  session.out.result(
      describe_key_file(k),
      fmt::format("key          {}\nfingerprint  {}\npublic key   {}\ncreated      {}\n"
                  "passphrase   {}\nfile         {}",
                  k.key_id.text(), k.public_key.fingerprint(), k.public_key.base64(),
                  printable(k.created_at), k.encrypted ? "yes" : "no", printable(k.path.string())));
  return {};
}

std::string public_key_text(const KeyFileInfo& k, const std::string& format) {
  if (format == "ssh") return openssh_line(k.public_key, k.key_id.text());
  if (format == "minisign") return minisign_public_key(k.public_key);
  return format == "pem" ? k.public_key.pem() : k.public_key.base64() + "\n";
}

Status export_key(const Session& session, const std::string& text, const std::string& format,
                  const OutputOption& output) {
  MKT_TRY(const KeyFileInfo k, find(text));
  const std::string exported = public_key_text(k, format);
  const bool to_file = !output.name.empty() && !output.is_stdout();
  if (to_file) {
    MKT_CHECK(output.check(output.name));
    MKT_CHECK(write_file_atomically(output.name, exported, 0644));
  }
  Json document = describe_key_file(k);
  document["format"] = format;
  document["exported"] = exported;
  session.out.result(document, to_file ? output.name : exported);
  return {};
}

}  // namespace

Json describe_key_file(const KeyFileInfo& k) {
  return {{"keyId", k.key_id.text()},
          {"publisherId", k.key_id.publisher().text()},
          {"publicKey", k.public_key.base64()},
          {"fingerprint", k.public_key.fingerprint()},
          {"createdAt", k.created_at},
          {"encrypted", k.encrypted},
          {"file", k.path.string()}};
}

Result<std::string> new_passphrase() {
  if (const char* given = std::getenv("MKT_KEY_PASSPHRASE")) return std::string(given);
  auto first = ask_secret("Passphrase for the new key (empty for none): ");
  if (!first || first->empty()) return std::string();
  const auto second = ask_secret("The same again: ");
  if (second != first) {
    return Error(ErrorCode::usage_error, "the passphrases differ; no key was made");
  }
  return std::move(*first);
}

Result<SigningKey> make_key(const PublisherId& publisher, Passphrase passphrase) {
  std::string secret;
  if (passphrase == Passphrase::asked_for) {
    MKT_TRY(secret, new_passphrase());
  }
  SecretKey key = SecretKey::generate();
  MKT_TRY(KeyFileInfo info, write_key_file(keys_folder(), publisher, key, secret, utc_now()));
  return SigningKey{std::move(info), std::move(key)};
}

void add_key_command(CLI::App& key, Session& session) {
  key.require_subcommand(1);

  struct Arguments {
    std::string publisher;
    Passphrase passphrase = Passphrase::asked_for;
    std::string key_id;
    std::string format = "pem";
    OutputOption output;
    bool offline = false;
    bool force = false;
  };
  auto a = std::make_shared<Arguments>();

  CLI::App* command = add_subcommand(key, "generate", "Make a key pair; prints its key id",
                                     "  mkt key generate --publisher acme\n"
                                     "  MKT_KEY_PASSPHRASE=… mkt key generate --publisher acme");
  command->add_option("--publisher", a->publisher, "The publisher that owns the key")->required();
  command->add_flag_callback(
      "--no-passphrase", [a] { a->passphrase = Passphrase::none; },
      "Ask for no passphrase; leave the key unencrypted");
  on_run(command, session,
         [&session, a] { return generate(session, a->publisher, a->passphrase); });

  add_key_import_command(key, session);

  command = add_subcommand(key, "list", "Show the keys on this machine, and what each may do",
                           "  mkt key list --json");
  command->add_flag("--offline", a->offline, "Ask no registry; use the keys stored here");
  on_run(command, session, [&session, a] { return list(session, a->offline); });

  command = add_subcommand(key, "remove", "Delete a private key from this machine",
                           "  mkt key remove acme:0123456789abcdef");
  command->add_option("KEYID", a->key_id, "The key")->required();
  command->add_flag("--force", a->force, "Also remove a key that can still sign; do not ask");
  on_run(command, session, [&session, a] { return remove_key(session, a->key_id, a->force); });

  command = add_subcommand(key, "show", "Show one key", "  mkt key show acme:0123456789abcdef");
  command->add_option("KEYID", a->key_id, "The key")->required();
  on_run(command, session, [&session, a] { return show(session, a->key_id); });

  command = add_subcommand(key, "export", "Print the public key",
                           "  mkt key export acme:0123456789abcdef --format pem > acme.pem");
  command->add_option("KEYID", a->key_id, "The key")->required();
  command->add_option("--format", a->format, "pem, base64, ssh or minisign")
      ->check(CLI::IsMember({"pem", "base64", "ssh", "minisign"}))
      ->capture_default_str();
  add_output_option(command, a->output, "File to write instead of stdout");
  on_run(command, session,
         [&session, a] { return export_key(session, a->key_id, a->format, a->output); });

  add_key_add_commands(key, session);
  add_key_revoke_command(key, session);
  add_key_trust_commands(key, session);
}

}  // namespace mkt
