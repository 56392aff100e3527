// KeyBook: the registry's publisher keys as this machine last saw them.
//
// `$XDG_STATE_HOME/mkt/keys/<origin>.keys` is lines of JSON: a head {"format", "origin",
// "sequence", "bytes"} (of all that follows), then the keys (key_lines.h). `<origin>.seen` is
// {"sequence", "checkedAt"}: the newest list that was ever seen, and when the registry last said
// that it still stands. Asking the registry costs its newest change, or what has changed since.
//
// What is missing never reads as "not revoked". A list from which a key that was seen is gone, in
// which one is another than before or came back from its revocation, and one that differs from the
// kept list of the same number, is keys_rolled_back; both lists are then kept as evidence
// (`<origin>.refused-<number>.kept` and `.sent`). No list and no registry is registry_unavailable;
// a list that was not confirmed for kMaxAge is stale_keys. The number alone decides nothing: one
// that was raised without a change is not kept, and one that is lower than before is taken where
// the list holds all that was seen, so that a registry that once gave a number from the air locks
// nobody out. Use from one thread; several processes may share the files.
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

  // Writes the list down; it stands as confirmed at `now`.
  static Result<KeyBook> keep(const std::filesystem::path& folder, const std::string& origin,
                              std::int64_t sequence, std::string_view lines, UtcTime now);
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
