// KeyBook: the registry's publisher keys as this machine last saw them.
//
// `$XDG_STATE_HOME/mkt/keys/<origin>.keys` is lines of JSON: a head {"format", "origin",
// "sequence", "bytes"} (of all that follows), then one wire::KeyInfo a line, sorted by key id, so
// that one of a hundred thousand is found without reading them all. `<origin>.seen` is {"sequence",
// "checkedAt"}: the newest list that was ever seen, and when the registry last said that it still
// stands. Asking the registry costs a 304, or what has changed since.
//
// What is missing never reads as "not revoked": a list older than one seen before is
// keys_rolled_back, and so is a key that comes back from its revocation; no list and no registry is
// registry_unavailable; a list that was not confirmed for kMaxAge is stale_keys. Use from one
// thread; several processes may share the files.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/client/registry_client.h"
#include "common/base/mapped_file.h"
#include "common/base/utc_time.h"

namespace mkt {

inline constexpr std::chrono::hours kWarnAge{7 * 24};
inline constexpr std::chrono::hours kMaxAge{30 * 24};

class KeyBook {
 public:
  // The file as it was kept, without asking anybody. not_found, data_damaged, keys_rolled_back.
  static Result<KeyBook> read(const std::filesystem::path& folder, const std::string& origin);

  // After asking the registry. Where that cannot be reached, or with `offline`, the copy that was
  // kept: registry_unavailable when there is none. Keeps what it learned.
  static Result<KeyBook> open(RegistryClient& registry, const std::filesystem::path& folder,
                              const std::string& origin, bool offline, UtcTime now);

  // Forgets the copy and what was seen: for a registry that was set up anew.
  static Status forget(const std::filesystem::path& folder, const std::string& origin);

  // data_damaged when a line is not what it should be.
  Result<std::optional<wire::KeyInfo>> find(std::string_view key_id) const;
  // The key that a signature file calls so: by its own id, the id that older clients derive, or its
  // alias. What the entry says is not believed: its id must be the one of its public key.
  Result<std::optional<wire::KeyInfo>> find_named(const KeyName& name) const;
  // Sorted by key id.
  Result<std::vector<wire::KeyInfo>> of_publisher(const PublisherId& publisher) const;

  std::int64_t sequence() const { return sequence_; }
  UtcTime checked_at() const { return checked_at_; }
  // True when the registry confirmed it just now.
  bool is_fresh() const { return fresh_; }
  // stale_keys when it is older than kMaxAge.
  Status check_age(UtcTime now) const;
  // What to tell about its age: "" for a fresh one, else how old it is and that it is too old.
  std::string remark(UtcTime now) const;

 private:
  KeyBook(MappedFile file, std::int64_t sequence, UtcTime checked_at, bool fresh)
      : file_(std::move(file)), sequence_(sequence), checked_at_(checked_at), fresh_(fresh) {}

  static Result<KeyBook> refresh(RegistryClient& registry, const std::filesystem::path& folder,
                                 const std::string& origin, UtcTime now);
  std::string_view lines() const;

  MappedFile file_;
  std::int64_t sequence_;
  UtcTime checked_at_;
  bool fresh_;
};

// Where they are kept.
std::filesystem::path key_book_folder();

}  // namespace mkt
