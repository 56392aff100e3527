#include "daemon/blobs/blob_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "common/base/encoding.h"
#include "common/base/long_wait.h"
#include "common/base/turns.h"
#include "daemon/blobs/blob_store.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr unsigned kCacheFolderMode = 0700;
constexpr const char* kFilling = "filling";
constexpr const char* kCachedName = "a tarball in the cache";
// How exactly the last use is written down.
constexpr std::chrono::minutes kTouchEvery{1};
constexpr std::chrono::milliseconds kAskForBlobAgain{1000};

Error too_many_wait() {
  Error error(ErrorCode::overloaded, "too many wait for the registry's store of tarballs");
  error.retry_after = kAskForBlobAgain;
  return error;
}

struct FoundBlob {
  std::string hex;
  std::uint64_t size = 0;
  fs::file_time_type used{};
};

// Adds the blobs of a folder, which need not exist.
void find_blobs(const fs::path& folder, std::vector<FoundBlob>& into) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    FoundBlob found{it->path().filename().string(), 0, {}};
    const auto checksum = Checksum::parse(found.hex);
    std::error_code unreadable;
    found.size = it->file_size(unreadable);
    if (!unreadable) found.used = it->last_write_time(unreadable);
    if (checksum && checksum->hex() == found.hex && !unreadable) into.push_back(std::move(found));
  }
}

}  // namespace

Result<std::unique_ptr<BlobCache>> BlobCache::open(const fs::path& folder,
                                                   const BlobCacheBounds& bounds, Fetch fetch) {
  std::unique_ptr<BlobCache> cache(new BlobCache(folder, bounds, std::move(fetch)));
  MKT_CHECK(cache->load());
  return cache;
}

Status BlobCache::load() {
  std::error_code ignored;
  fs::remove_all(folder_ / kFilling, ignored);
  MKT_CHECK(make_folders(folder_ / kFilling, kCacheFolderMode));
  std::vector<FoundBlob> found;
  for (unsigned first = 0; first <= 0xff; ++first) {
    const fs::path folder = folder_ / fmt::format("{:02x}", first);
    MKT_CHECK(make_folders(folder, kCacheFolderMode));
    find_blobs(folder, found);
  }
  std::sort(found.begin(), found.end(),
            [](const FoundBlob& a, const FoundBlob& b) { return a.used > b.used; });
  const std::lock_guard lock(mutex_);
  for (const FoundBlob& blob : found) {
    entries_.push_back({blob.hex, blob.size, false, {}});
    by_hex_.emplace(blob.hex, std::prev(entries_.end()));
    counts_.bytes += blob.size;
  }
  make_room();
  return {};
}

fs::path BlobCache::path_of(const std::string& hex) const {
  return folder_ / hex.substr(0, 2) / hex;
}

BlobCache::Counts BlobCache::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts = counts_;
  counts.blobs = entries_.size();
  counts.waiting = waiting_;
  return counts;
}

void BlobCache::forget(const Checksum& checksum) {
  const std::lock_guard lock(mutex_);
  drop(checksum.hex());
}

void BlobCache::drop(const std::string& hex) {
  const auto found = by_hex_.find(hex);
  if (found == by_hex_.end()) return;
  ::unlink(path_of(hex).c_str());
  counts_.bytes -= found->second->size;
  entries_.erase(found->second);
  by_hex_.erase(found);
}

void BlobCache::make_room() {
  while (!entries_.empty() && counts_.bytes + reserved_ > bounds_.most_bytes) {
    drop(std::string(entries_.back().hex));
  }
}

std::optional<Result<UniqueFd>> BlobCache::open_entry(const std::string& hex, std::uint64_t size) {
  const auto found = by_hex_.find(hex);
  if (found == by_hex_.end()) return std::nullopt;
  Entry& entry = *found->second;
  if (!entry.hashed) {
    if (entry.size != size) drop(hex);
    return std::nullopt;
  }
  // Its hash is right, so it is the catalog's size that is wrong.
  if (entry.size != size) return lost_blob(*Checksum::parse(hex));
  auto fd = open_for_reading(path_of(hex));
  if (const auto actual = fd ? file_size(fd->get(), kCachedName) : fd.error();
      !actual || *actual != size) {
    drop(hex);
    return std::nullopt;
  }
  if (const auto now = SteadyClock::now(); now - entry.touched >= kTouchEvery) {
    ::futimens(fd->get(), nullptr);
    entry.touched = now;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  ++counts_.opened;
  return std::move(*fd);
}

Result<UniqueFd> BlobCache::open_blob(const Checksum& checksum, std::uint64_t size) {
  {
    const std::lock_guard lock(mutex_);
    if (auto opened = open_entry(checksum.hex(), size)) return std::move(*opened);
  }
  const TurnPause pause;
  const LongWait long_wait;
  return open_slowly(checksum, size);
}

Result<UniqueFd> BlobCache::open_slowly(const Checksum& checksum, std::uint64_t size) {
  const std::string hex = checksum.hex();
  const auto until = SteadyClock::now() + bounds_.patience;
  for (Lock lock(mutex_);;) {
    // A blob may go again before a thread that waited for it comes to open it.
    if (auto opened = open_entry(hex, size)) return std::move(*opened);
    if (SteadyClock::now() >= until) return too_many_wait();
    if (const auto found = fills_.find(hex); found != fills_.end()) {
      const std::shared_ptr<Fill> other = found->second;
      MKT_CHECK(wait(lock, until, [&] { return other->outcome.has_value(); }));
      if (!*other->outcome) return other->outcome->error();
    } else if (fills_.size() < bounds_.most_fills) {
      MKT_CHECK(fill(lock, checksum, size));
    } else {
      MKT_CHECK(wait(lock, until, [&] { return fills_.size() < bounds_.most_fills; }));
    }
  }
}

Status BlobCache::wait(Lock& lock, SteadyClock::time_point until,
                       const std::function<bool()>& is_over) {
  bool is_over_in_time = false;
  if (waiting_ < bounds_.most_waiting) {
    ++waiting_;
    is_over_in_time = changed_.wait_until(lock, until, is_over);
    --waiting_;
  }
  if (is_over_in_time) return {};
  ++counts_.refused;
  return too_many_wait();
}

// Makes the blob an entry that is hashed, for this thread and for those that wait.
Status BlobCache::fill(Lock& lock, const Checksum& checksum, std::uint64_t size) {
  const std::string hex = checksum.hex();
  const auto fill = std::make_shared<Fill>();
  fills_.emplace(hex, fill);
  Status outcome;
  bool is_here = by_hex_.contains(hex);
  if (is_here) {
    lock.unlock();
    const bool is_right = has_its_hash(checksum);
    lock.lock();
    if (!is_right) drop(hex);
    const auto found = by_hex_.find(hex);  // it may have gone meanwhile
    is_here = found != by_hex_.end();
    if (is_here) found->second->hashed = true;
  }
  if (!is_here) {
    ++counts_.fetches;
    reserved_ += size;
    make_room();
    lock.unlock();
    outcome = fetch_file(checksum, size);
    lock.lock();
    reserved_ -= size;
    if (outcome) {
      entries_.push_front({hex, size, true, SteadyClock::now()});
      by_hex_.emplace(hex, entries_.begin());
      counts_.bytes += size;
    }
  }
  fill->outcome = outcome;
  fills_.erase(hex);
  changed_.notify_all();
  return outcome;
}

Status BlobCache::fetch_file(const Checksum& checksum, std::uint64_t size) const {
  const std::string hex = checksum.hex();
  const fs::path path = folder_ / kFilling / fmt::format("{}.{}", hex, random_hex(8));
  MKT_TRY(const UniqueFd fd, create_file(path, 0600));
  Status fetched = fetch_into(fd.get(), checksum, size);
  if (fetched && ::rename(path.c_str(), path_of(hex).c_str()) != 0) {
    fetched = system_error("cannot keep a tarball in the cache", errno);
  }
  if (!fetched) ::unlink(path.c_str());
  return fetched;
}

Status BlobCache::fetch_into(int fd, const Checksum& checksum, std::uint64_t size) const {
  Hasher hasher;
  std::uint64_t received = 0;
  const Status fetched = fetch_(checksum, size, [&](std::span<const std::uint8_t> piece) -> Status {
    hasher.update(piece);
    received += piece.size();
    return write_all(fd, piece, kCachedName);
  });
  if (!fetched) {
    return fetched.error().code == ErrorCode::not_found ? lost_blob(checksum) : fetched.error();
  }
  if (received != size || hasher.finish() != checksum) return lost_blob(checksum);
  return {};
}

bool BlobCache::has_its_hash(const Checksum& checksum) const {
  const auto fd = open_for_reading(path_of(checksum.hex()));
  if (!fd) return false;
  const auto actual = checksum_of_file(fd->get(), kCachedName);
  return actual && *actual == checksum;
}

}  // namespace mkt
