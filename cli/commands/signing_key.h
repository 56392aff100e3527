// Finds the private key that a command signs with, and opens it.
#pragma once

#include <string>

#include "cli/commands/command.h"
#include "common/signing/key_file.h"

namespace mkt {

struct SigningKey {
  KeyFileInfo info;
  SecretKey secret;
};

// A key by its name, and where that was written: "MKT_KEY", "config.toml", or "" for the command
// line.
struct NamedKey {
  std::string text;
  std::string place;
};

// `wanted`, or else what MKT_KEY or `key` in config.toml says; empty where nobody named a key.
// usage_error for a config.toml that is wrong.
Result<NamedKey> named_key(const Session& session, const std::string& wanted);

// `wanted` is a key id. If it is empty, this is the named_key or else the only key here; keys
// that are retired, revoked or expired by the registry's list do not count. The passphrase is from
// MKT_KEY_PASSPHRASE or the terminal. usage_error for a key of an ssh-agent. key_not_found,
// passphrase_wrong, key_file_invalid; usage_error where several keys could sign.
Result<SigningKey> open_signing_key(const Session& session, const std::string& wanted);

}  // namespace mkt
