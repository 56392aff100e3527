// Pins: the publisher keys that this user trusts, by `mkt key trust`.
//
// `$XDG_CONFIG_HOME/mkt/trust.json`: {"<origin>": {"<publisher>": [{"publicKey", "pinnedAt"}]}}. A
// publisher may have several. A user who pinned the old key also trusts the new one where the old
// one endorsed it (common/signing/key_proof.h). Use from one thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/utc_time.h"
#include "common/connector/names.h"
#include "common/signing/key.h"

namespace mkt {

struct Pin {
  PublisherId publisher;
  PublicKey key;
  std::string pinned_at;
};

class Pins {
 public:
  // All pins for one registry; data_damaged where the file is malformed.
  static Result<Pins> read(const std::filesystem::path& file, const std::string& origin);

  const std::vector<Pin>& all() const { return pins_; }
  std::vector<PublicKey> of(const PublisherId& publisher) const;

  // Adds a key, or removes all keys of a publisher, and writes the file. remove: false where there
  // was none.
  Status add(const PublisherId& publisher, const PublicKey& key, UtcTime now);
  Result<bool> remove(const PublisherId& publisher);

 private:
  Pins(std::filesystem::path file, std::string origin)
      : file_(std::move(file)), origin_(std::move(origin)) {}
  Status write() const;

  std::filesystem::path file_;
  std::string origin_;
  std::vector<Pin> pins_;
};

std::filesystem::path pins_file();

}  // namespace mkt
