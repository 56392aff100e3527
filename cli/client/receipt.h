// The install receipt: `install-receipt.json` at the root of an installed connector.
//
// It says what was installed, from where, signed by which key, when, and the SHA-256 of every file,
// so that `mkt verify DIR` can tell later whether anything changed. Written into the new tree
// before that is renamed into place: a folder with a receipt is complete.
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

struct Receipt {
  std::string id;
  std::string version;
  std::string registry;
  std::string checksum;
  std::uint64_t size = 0;  // bytes of the tarball
  Json signature;          // the signature file
  std::string fingerprint;
  // When the registry accepted the signature, in its own order of events; 0 where that is not
  // known.
  std::int64_t accepted_sequence = 0;
  // The list of keys that was gone by, and when the registry last confirmed it.
  std::int64_t keys_sequence = 0;
  std::string keys_checked_at;
  bool accepted_stale = false;  // that list was too old, and the user took the risk
  std::optional<std::string> tenant;
  std::string installed_at;
  std::vector<UnpackedFile> files;

  Json json() const;
  // data_damaged when the file is not a receipt; not_found when there is none.
  static Result<Receipt> read(const std::filesystem::path& folder);
};

Status write_receipt(const std::filesystem::path& folder, const Receipt& receipt);

// Compares the folder with its receipt: data_damaged, with a detail for each file that is missing
// (kMissing), changed or not of the connector.
inline constexpr const char* kMissing = "is missing";
Status check_tree(const std::filesystem::path& folder, const Receipt& receipt);

// The receipts of all connectors installed directly below `root`, sorted by id.
struct Installed {
  std::filesystem::path folder;
  Receipt receipt;
};
Result<std::vector<Installed>> list_installed(const std::filesystem::path& root);

}  // namespace mkt
