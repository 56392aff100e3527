// Receipt: `install-receipt.json` at the root of an installed connector.
//
// It says what was installed, from where, signed by which key, when, and the SHA-256 of every file.
// So `mkt verify DIR` can later tell whether anything changed. It is written into the new tree
// before the rename, so a folder with a receipt is complete.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"
#include "common/connector/unpack.h"
#include "common/signing/signature_file.h"

namespace mkt {

struct Receipt {  // NOLINT(bugprone-exception-escape): moving JSON throws nothing
  std::string id;
  std::string version;
  std::string registry;
  std::string checksum;
  std::uint64_t size = 0;  // bytes of the tarball
  Json signature;          // the signature file
  std::string fingerprint;
  // When the registry accepted the signature, in its own order of events; 0 where that is unknown.
  std::int64_t accepted_sequence = 0;
  // The list of keys that was used, and when the registry last confirmed it.
  std::int64_t keys_sequence = 0;
  std::string keys_checked_at;
  bool accepted_stale = false;  // that list was too old, and the user accepted it
  std::optional<std::string> tenant;
  std::string installed_at;
  std::vector<UnpackedFile> files;

  Json json() const;
  // data_damaged where the file is not a receipt; not_found where there is none.
  static Result<Receipt> read(const std::filesystem::path& folder);
};

// What a document of --json says of it.
Json describe_installed(const Receipt& receipt, const std::filesystem::path& folder);

Status write_receipt(const std::filesystem::path& folder, const Receipt& receipt);

// Compares the folder with its receipt: data_damaged, with one detail for each file that is missing
// (kMissing), changed, or not part of the connector.
inline constexpr const char* kMissing = "is missing";
Status check_tree(const std::filesystem::path& folder, const Receipt& receipt);

// The receipts of all connectors installed directly below `root`, sorted by id.
struct Installed {
  std::filesystem::path folder;
  Receipt receipt;
};
Result<std::vector<Installed>> list_installed(const std::filesystem::path& root);

}  // namespace mkt
