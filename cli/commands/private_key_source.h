// Where the text of a private key is read from: a file, standard input, or the environment.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/signing/private_key.h"
#include "common/signing/secret_bytes.h"

namespace mkt {

// "-" is standard input. not_found, io_error; key_file_invalid for more than a private key has.
Result<SecretBytes> read_private_key_text(const std::string& file);

// Asks for the passphrase of `what`: MKT_KEY_PASSPHRASE, or the person at the terminal.
// passphrase_wrong where there is neither.
AskPassphrase passphrase_of(const std::string& what);

// The publisher that the key's text names, or else the one `given` in `place` ("--publisher").
// usage_error where there is none, or where the two differ.
Result<PublisherId> publisher_of(const PrivateKey& key, const std::string& given,
                                 const char* place);

// A key for one job, such as CI's, which no file of this user holds.
struct EnvironmentKey {
  KeyId key_id;
  SecretKey secret;
};

// Takes MKT_SIGNING_KEY out of the environment, where it is wiped: no program that this process
// starts gets it. To be called before any is started, whether the key will be needed or not.
void hold_environment_key();

// From MKT_SIGNING_KEY, or from the file that MKT_SIGNING_KEY_FILE names; nullopt where both are
// missing. The first one is gone afterwards, so this can be called once.
Result<std::optional<EnvironmentKey>> take_environment_key();

}  // namespace mkt
