// KeyBook: the registry's publisher keys, as this machine last saw them.
//
// `$XDG_STATE_HOME/mkt/keys/<origin>.keys` has lines of JSON: first {"format", "origin",
// "sequence", "bytes"} ("bytes" of everything that follows), then the keys (key_lines.h).
// `<origin>.seen` is {"sequence", "checkedAt"}: the number of the newest list ever seen, and when
// the registry last confirmed it. A request to the registry costs only its newest change, or what
// has changed since.
//
// A missing list or key never means "not revoked". It is keys_rolled_back if a list lacks a key
// that was seen before, has a different key under a known id, has a revoked key that is valid
// again, or differs from the stored list with the same number. Both lists are then stored as
// evidence (`<origin>.refused-<number>.kept` and `.sent`). Without a list and without a registry it
// is registry_unavailable; a list not confirmed for kMaxAge is stale_keys. The number alone decides
// nothing: a number raised without a change is not stored, and a lower number is accepted where the
// list has everything that was seen. So a registry that once sent a wrong number locks nobody out.
// Use from one thread; several processes may share the files.
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
  // The stored file, without asking the registry. not_found, data_damaged, keys_rolled_back.
  static Result<KeyBook> read(const std::filesystem::path& folder, const std::string& origin);

  // Asks the registry and stores the result. If it is unreachable, or with `offline`, this is the
  // stored copy; registry_unavailable where there is none.
  static Result<KeyBook> open(RegistryClient& registry, const std::filesystem::path& folder,
                              const std::string& origin, bool offline, UtcTime now);

  // Removes the copy and what was seen, for a registry that was set up again.
  static Status forget(const std::filesystem::path& folder, const std::string& origin);

  // data_damaged where a line is malformed.
  Result<std::optional<wire::KeyInfo>> find(std::string_view key_id) const;
  // The key that a signature file calls so: by its own id, the id that older clients derive, or its
  // alias. The entry is checked: its id must match its public key.
  Result<std::optional<wire::KeyInfo>> find_named(const KeyName& name) const;
  // Whoever has registered the key with that fingerprint.
  Result<std::vector<wire::KeyInfo>> with_fingerprint(std::string_view fingerprint) const;
  // Sorted by key id.
  Result<std::vector<wire::KeyInfo>> of_publisher(const PublisherId& publisher) const;

  std::int64_t sequence() const { return sequence_; }
  UtcTime checked_at() const { return checked_at_; }
  // True where the registry has just confirmed it.
  bool is_fresh() const { return fresh_; }
  // stale_keys when it is older than kMaxAge.
  Status check_age(UtcTime now) const;
  // A message about its age: "" for a fresh one, else how old it is and, where so, that it is too
  // old.
  std::string remark(UtcTime now) const;

 private:
  KeyBook(MappedFile file, std::int64_t sequence, UtcTime checked_at, bool fresh)
      : file_(std::move(file)), sequence_(sequence), checked_at_(checked_at), fresh_(fresh) {}

  // Stores the list, as confirmed at `now`.
  static Result<KeyBook> keep(const std::filesystem::path& folder, const std::string& origin,
                              std::int64_t sequence, std::string_view lines, UtcTime now);
  static Result<KeyBook> refresh(RegistryClient& registry, const std::filesystem::path& folder,
                                 const std::string& origin, UtcTime now);
  std::string_view lines() const;
  // The keys whose lines have that text in them; every line is looked at.
  Result<std::vector<wire::KeyInfo>> containing(std::string_view text) const;

  MappedFile file_;
  std::int64_t sequence_;
  UtcTime checked_at_;
  bool fresh_;
};

// The folder for these files.
std::filesystem::path key_book_folder();

}  // namespace mkt
