// BlobCache: copies on this machine's disk of blobs that are elsewhere, so that each is fetched
// once and then sent as a file.
//
//   FOLDER/ab/<hex>   a blob; the time of its last change is when it was last used, to the minute
//   FOLDER/filling    blobs that are on their way; emptied at the start
//
// The first caller that asks for a blob fetches it, in its own thread; all who ask meanwhile wait
// for that one. What comes is hashed while it is written, and gets its name only when the hash is
// right: anything else is data_damaged and leaves nothing. A start finds what is there: a file must
// have the right size, and is hashed when it is opened for the first time. Nothing is synced, as
// what a power cut damages does not pass that.
//
// When blobs, and what is reserved for those on their way, exceed `most_bytes`, the least recently
// used go. An open file stays whole when its blob goes. One blob may exceed the bound by itself.
//
// Whoever fetches or waits is in a LongWait, so that a slow store does not take all threads of the
// daemon. At most `most_fills` threads fetch at once and at most `most_waiting` wait, none longer
// than `patience`; others get `overloaded`, with retry_after. A fetch is bounded by whoever
// fetches.
//
// Thread-safe. One process alone uses the folder. The mutex is held while a file is opened or
// removed, and never while anything is fetched or hashed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "common/base/files.h"
#include "common/base/result.h"
#include "common/connector/checksum.h"

namespace mkt {

struct BlobCacheBounds {
  std::uint64_t most_bytes = std::uint64_t{10} << 30;
  unsigned most_fills = 8;
  unsigned most_waiting = 256;
  std::chrono::milliseconds patience{30'000};
};

class BlobCache {
 public:
  using Sink = std::function<Status(std::span<const std::uint8_t>)>;
  // Gives the sink the bytes of a blob, in order; not_found where there is none. Any thread.
  using Fetch = std::function<Status(const Checksum&, std::uint64_t size, const Sink&)>;

  static Result<std::unique_ptr<BlobCache>> open(const std::filesystem::path& folder,
                                                 const BlobCacheBounds& bounds, Fetch fetch);

  // data_damaged where the blob is missing or is not what its checksum says; overloaded; or the
  // error of the fetch.
  Result<UniqueFd> open_blob(const Checksum& checksum, std::uint64_t size);
  // The blob is to be had no more.
  void forget(const Checksum& checksum);

  struct Counts {
    std::uint64_t bytes = 0;  // of the blobs that are here
    std::uint64_t blobs = 0;
    std::uint64_t waiting = 0;  // threads
    std::uint64_t opened = 0;   // since the start, as the rest
    std::uint64_t fetches = 0;
    std::uint64_t refused = 0;  // answered with `overloaded` by the bounds
  };
  Counts counts() const;

 private:
  struct Entry {
    std::string hex;
    std::uint64_t size = 0;
    bool hashed = false;  // since the start
    std::chrono::steady_clock::time_point touched{};
  };
  using Entries = std::list<Entry>;  // the most recently used first
  // A blob on its way, or being hashed: those who ask for it wait for `outcome`.
  struct Fill {
    std::optional<Status> outcome;
  };
  using Lock = std::unique_lock<std::mutex>;

  BlobCache(std::filesystem::path folder, const BlobCacheBounds& bounds, Fetch fetch)
      : folder_(std::move(folder)), bounds_(bounds), fetch_(std::move(fetch)) {}
  Status load();
  std::filesystem::path path_of(const std::string& hex) const;

  // With the lock held. nullopt where the blob must be fetched, or hashed first.
  std::optional<Result<UniqueFd>> open_entry(const std::string& hex, std::uint64_t size);
  void drop(const std::string& hex);
  void make_room();

  Result<UniqueFd> open_slowly(const Checksum& checksum, std::uint64_t size);
  // Both give the lock up meanwhile.
  Status wait(Lock& lock, std::chrono::steady_clock::time_point until,
              const std::function<bool()>& is_over);
  Status fill(Lock& lock, const Checksum& checksum, std::uint64_t size);

  // Without the lock.
  Status fetch_file(const Checksum& checksum, std::uint64_t size) const;
  Status fetch_into(int fd, const Checksum& checksum, std::uint64_t size) const;
  bool has_its_hash(const Checksum& checksum) const;

  const std::filesystem::path folder_;
  const BlobCacheBounds bounds_;
  const Fetch fetch_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;  // a fill has ended
  // All below guarded by mutex_.
  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> by_hex_;
  std::unordered_map<std::string, std::shared_ptr<Fill>> fills_;
  std::uint64_t reserved_ = 0;  // bytes, for the fills
  unsigned waiting_ = 0;
  Counts counts_;
};

}  // namespace mkt
