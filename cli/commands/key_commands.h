// The subcommands of `mkt key` that use the registry or its list of keys.
#pragma once

#include "cli/commands/command.h"
#include "cli/commands/signing_key.h"

namespace mkt {

void add_key_add_commands(CLI::App& key, Session& session);    // add, rotate
void add_key_import_command(CLI::App& key, Session& session);  // import
void add_key_revoke_command(CLI::App& key, Session& session);  // revoke
void add_key_trust_commands(CLI::App& key, Session& session);  // trust, refresh

// How a key file is kept: under a passphrase, from MKT_KEY_PASSPHRASE or the terminal, or without.
enum class Passphrase { asked_for, none };

// From MKT_KEY_PASSPHRASE, or asked for twice; empty for none.
Result<std::string> new_passphrase();

// What --json says of a key on this machine.
Json describe_key_file(const KeyFileInfo& key);

// Makes a key file for the publisher.
Result<SigningKey> make_key(const PublisherId& publisher, Passphrase passphrase);

}  // namespace mkt
