// mkt key import: takes a private key that another program made, or a key file of another machine.
#include <fmt/format.h>
#include <sys/stat.h>

#include "cli/commands/key_commands.h"
#include "cli/commands/private_key_source.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

struct KeyImportArguments {
  std::string file;
  std::string publisher;
  Passphrase passphrase = Passphrase::asked_for;
};

bool others_may_read(const std::string& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 077) != 0;
}

Status import_key(const Session& session, const KeyImportArguments& a) {
  MKT_TRY(const SecretBytes text, read_private_key_text(a.file));
  const std::string name = a.file == "-" ? "the key" : printable(a.file);
  std::string passphrase;  // of the key as it was given, which it keeps
  const auto ask = [&]() -> Result<SecretBytes> {
    MKT_TRY(SecretBytes given, passphrase_of(name)());
    passphrase = given.text();
    return given;
  };
  MKT_TRY(const PrivateKey key, read_private_key(text.text(), a.file, ask));
  MKT_TRY(const PublisherId publisher, publisher_of(key, a.publisher, "--publisher"));
  if (a.passphrase == Passphrase::none) {
    passphrase.clear();
  } else if (passphrase.empty()) {
    MKT_TRY(passphrase, new_passphrase());
  }
  MKT_TRY(const KeyFileInfo info, write_key_file(keys_folder(), publisher, key.secret, passphrase,
                                                 key.created_at.value_or(utc_now())));
  session.out.result(describe_key_file(info), info.key_id.text());
  session.out.note(fmt::format("the private key is in {}{}", printable(info.path.string()),
                               info.encrypted ? ", under its passphrase" : ", unencrypted"));
  if (a.file != "-" && others_may_read(a.file)) {
    session.out.warn(fmt::format("others may read {}: make it private (chmod 600), or delete it",
                                 printable(a.file)));
  }
  return {};
}

}  // namespace

void add_key_import_command(CLI::App& key, Session& session) {
  auto a = std::make_shared<KeyImportArguments>();
  CLI::App* command =
      add_subcommand(key, "import", "Take a key that another program made; prints its key id",
                     "  mkt key import ~/.ssh/id_ed25519 --publisher acme\n"
                     "  openssl genpkey -algorithm ed25519 | mkt key import - --publisher acme\n"
                     "  mkt key import acme-0123456789abcdef.key");
  command->add_option("FILE", a->file, "Of mkt, ssh-keygen, openssl (PEM) or minisign; - is stdin")
      ->required();
  command->add_option("--publisher", a->publisher,
                      "The publisher that owns the key, where the file does not say");
  command->add_flag_callback(
      "--no-passphrase", [a] { a->passphrase = Passphrase::none; },
      "Ask for no new passphrase; leave the key unencrypted");
  on_run(command, session, [&session, a] { return import_key(session, *a); });
}

}  // namespace mkt
