// TarballCache: verified tarballs that stay on this machine, so that they are not downloaded again.
//
// `$XDG_CACHE_HOME/mkt/tarballs/` (0700) has a folder for each tarball, named by the 64 hex digits
// of its checksum, with these files (0600):
//
//   tarball        its bytes; the time of its last change is when it was last used
//   <origin>.json  what that registry said of it: {"format": "mkt cache 1", "registry", "id",
//                  "version", "acceptedSequence", "signature"}
//
// The cache vouches for nothing. `take` hashes the very bytes that it hands out, and its caller
// applies the rules for signatures and keys (trust.h) as after a download. Only what has passed
// them may be kept. What turns out to be damaged is removed.
//
// A tarball appears and goes in one step, by a rename, so several processes may share the folder.
// A crash leaves a hidden folder, which a later process removes. Nothing is synced: what a power
// cut damages does not match its checksum. Where tarballs together exceed the limit, those that
// were not used for the longest time are removed.
//
// A cache that cannot be used does not make an install fail: it says why, once, and then has and
// keeps nothing. The folder is not used where it is a link, belongs to another user, or may be
// written by others. Use from one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/client/settings.h"
#include "common/base/result.h"
#include "common/base/utc_time.h"
#include "common/connector/checksum.h"
#include "common/connector/names.h"
#include "common/connector/version.h"
#include "common/signing/signature_file.h"

namespace mkt {

// What a registry said of a tarball.
struct TarballSource {
  std::string registry;
  ConnectorId id;
  Version version;
  std::int64_t accepted_sequence = 0;  // 0 where that is unknown
  SignatureFile signature;
};

class TarballCache {
 public:
  using Tell = std::function<void(const std::string&)>;

  // Holds at most `limit` bytes of tarballs; with 0 it has and keeps nothing. `tell` is called with
  // messages for a person.
  TarballCache(std::filesystem::path folder, std::uint64_t limit, Tell tell,
               std::function<UtcTime()> now = utc_now)
      : folder_(std::move(folder)), limit_(limit), tell_(std::move(tell)), now_(std::move(now)) {}
  // This user's, as the settings have it.
  static TarballCache of_user(const Settings& settings, Tell tell);

  // Copies a tarball to `to`, an empty file, and returns its size. nullopt where it is not here or
  // is damaged; `to` is then empty. An error only where `to` cannot be written.
  Result<std::optional<std::uint64_t>> take(const Checksum& checksum, int to);
  // nullopt where that registry's word is not here.
  std::optional<TarballSource> source(const Checksum& checksum, const std::string& registry);
  // Keeps the verified tarball in the file `from`, or what the registry says of one that is here.
  void keep(const Checksum& checksum, int from, const TarballSource& source);

  struct Entry {
    Checksum checksum;
    std::uint64_t bytes = 0;
    UtcTime used_at{};
  };
  // What is here, the most recently used first; empty where the folder does not exist. io_error
  // where it is not to be used.
  Result<std::vector<Entry>> list() const;
  std::vector<TarballSource> sources(const Checksum& checksum) const;

  // Removes what killed processes left and, where the tarballs exceed `limit`, the least recently
  // used ones. Returns those.
  Result<std::vector<Entry>> prune(std::uint64_t limit);

  struct Damaged {
    Entry entry;
    std::string reason;
    bool removed = false;
  };
  struct Checked {
    std::vector<Entry> good;
    std::vector<Damaged> damaged;
  };
  // Hashes everything and removes what is damaged.
  Result<Checked> verify();

  const std::filesystem::path& folder() const { return folder_; }
  std::uint64_t limit() const { return limit_; }

 private:
  // May the folder be used? False where it does not exist.
  Result<bool> look() const;
  // The same, for an install: says why not.
  bool is_usable();
  std::filesystem::path place_of(const Checksum& checksum) const;
  Status add(const Checksum& checksum, int from, std::uint64_t size, const TarballSource& source);
  Status add_source(const Checksum& checksum, const TarballSource& source);
  bool remove(const Checksum& checksum) const;
  void remove_damaged(const Checksum& checksum, std::string_view reason);
  std::vector<Entry> trim(std::uint64_t limit, bool& all_went) const;
  std::vector<Entry> entries() const;
  std::optional<TarballSource> read_source(const std::filesystem::path& file,
                                           const Checksum& checksum) const;
  std::string why_damaged(const Checksum& checksum) const;

  std::filesystem::path folder_;  // empty where its place is unknown
  std::uint64_t limit_;
  Tell tell_;
  std::function<UtcTime()> now_;
  bool given_up_ = false;  // nothing more is read or kept
  bool keeps_ = true;      // false: nothing more is kept
};

}  // namespace mkt
