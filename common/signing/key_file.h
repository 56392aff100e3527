// Key files: a developer's private key is stored in a JSON file of mode 0600, one file per key.
//
//   {"version": "1.0", "keyId": …, "publisherId": …, "publicKey": …base64…, "createdAt": …,
//    "protection": {"kdf": "none"}, "secretKey": …base64 of the 32-byte seed…}
//
// With a passphrase, `protection` is {"kdf": "argon2id", "opsLimit", "memLimit", "salt", "nonce"},
// and `secretKey` is the seed encrypted by XChaCha20-Poly1305. The key id and the public key are
// its associated data, so nobody can replace them. The file is named `<publisher>-<16 digits>.key`.
// Thread-safe.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"
#include "common/base/utc_time.h"
#include "common/signing/key.h"

namespace mkt {

// What can be read from a key file without its passphrase.
struct KeyFileInfo {
  KeyId key_id;
  PublicKey public_key;
  std::string created_at;
  bool encrypted = false;
  std::filesystem::path path;
};

struct KeyFile {
  KeyFileInfo info;
  Json document;

  // key_file_invalid when it is damaged or when anybody but its owner may read it.
  static Result<KeyFile> read(const std::filesystem::path& path);
  // The text of a file; `path` is its name for messages. key_file_invalid.
  static Result<KeyFile> parse(std::string_view text, const std::filesystem::path& path);

  // passphrase_wrong when the passphrase does not open it. A file that is not encrypted ignores
  // `passphrase`.
  Result<SecretKey> unlock(std::string_view passphrase) const;
};

// Writes a new key into `folder` (made with mode 0700). An empty passphrase means no encryption.
// key_exists where the key is there already; its file stays as it is.
Result<KeyFileInfo> write_key_file(const std::filesystem::path& folder,
                                   const PublisherId& publisher, const SecretKey& key,
                                   std::string_view passphrase, UtcTime now);

// All key files in the folder, sorted by key id; a missing folder has none.
Result<std::vector<KeyFileInfo>> list_key_files(const std::filesystem::path& folder);

std::filesystem::path key_file_path(const std::filesystem::path& folder, const KeyId& key_id);

}  // namespace mkt
