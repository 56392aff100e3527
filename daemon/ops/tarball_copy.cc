#include "daemon/ops/tarball_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/utc_time.h"

namespace mkt {
namespace {

constexpr std::size_t kCopyPieceBytes = 256 * 1024;
constexpr std::chrono::seconds kBetweenWords{2};
// A store that is overloaded asks to come back.
constexpr int kMostComebacks = 10;

Status copy_bytes(int fd, const BlobReference& blob, BlobUpload& upload) {
  Bytes piece(kCopyPieceBytes);
  for (std::uint64_t at = 0;;) {
    MKT_TRY(const std::size_t n, read_at(fd, piece, at, blob.name));
    if (n == 0) return {};
    MKT_CHECK(upload.write({piece.data(), n}));
    at += n;
  }
}

Status copy_tarball(const BlobReference& blob, const OpenTarball& open, BlobStore& into) {
  MKT_TRY(const UniqueFd fd, open(blob));
  MKT_TRY(BlobUpload upload, into.begin_upload());
  MKT_CHECK(copy_bytes(fd.get(), blob, upload));
  MKT_CHECK(upload.finish());
  if (!(upload.checksum() == blob.checksum) || upload.size() != blob.size) {
    return Error(ErrorCode::data_damaged,
                 fmt::format("it has {}, not {}", upload.checksum().text(), blob.checksum.text()));
  }
  MKT_CHECK(upload.place());
  upload.keep();
  return {};
}

Status copy_patiently(const BlobReference& blob, const OpenTarball& open, BlobStore& into) {
  for (int comebacks = 0;; ++comebacks) {
    Status copied = copy_tarball(blob, open, into);
    if (copied) return copied;
    const Error& error = copied.error();
    if (error.code != ErrorCode::overloaded || comebacks == kMostComebacks) {
      return error.context("the tarball of " + blob.name);
    }
    std::this_thread::sleep_for(error.retry_after.value_or(std::chrono::seconds(1)));
  }
}

// What the threads that copy share.
class CopyQueue {
 public:
  CopyQueue(std::vector<BlobReference> blobs,
            const std::function<void(const std::string&)>& progress)
      : blobs_(std::move(blobs)), progress_(progress) {}

  void work(const OpenTarball& open, BlobStore& into) {
    while (const BlobReference* blob = next()) done(*blob, copy_patiently(*blob, open, into));
  }
  Result<TarballCopy> outcome() {
    if (failure_) return *failure_;
    return counts_;
  }
  std::size_t size() const { return blobs_.size(); }

 private:
  const BlobReference* next() {
    const std::lock_guard lock(mutex_);
    return failure_ || next_ == blobs_.size() ? nullptr : &blobs_[next_++];
  }
  void done(const BlobReference& blob, const Status& copied) {
    const std::lock_guard lock(mutex_);
    if (!copied) {
      if (!failure_) failure_ = copied.error();
      return;
    }
    ++counts_.copied;
    counts_.bytes += blob.size;
    const auto now = std::chrono::steady_clock::now();
    if (now - told_ < kBetweenWords && counts_.copied != blobs_.size()) return;
    told_ = now;
    progress_(fmt::format("copied {} of {} tarballs", counts_.copied, blobs_.size()));
  }

  const std::vector<BlobReference> blobs_;
  const std::function<void(const std::string&)>& progress_;
  std::mutex mutex_;
  // All below guarded by mutex_.
  std::size_t next_ = 0;
  TarballCopy counts_;
  std::optional<Error> failure_;
  std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

}  // namespace

std::string tarball_name(const Checksum& checksum) {
  const std::string hex = checksum.hex();
  return fmt::format("blobs/{}/{}", hex.substr(0, 2), hex);
}

OpenTarball tarballs_in_folder(const std::filesystem::path& data) {
  return [data](const BlobReference& blob) {
    return open_for_reading(data / tarball_name(blob.checksum));
  };
}

OpenTarball tarballs_in_store(const BlobStore& store) {
  return [&store](const BlobReference& blob) { return store.open_blob(blob.checksum, blob.size); };
}

Result<std::map<std::string, std::uint64_t>> sizes_in(const BlobStore& store) {
  std::map<std::string, std::uint64_t> sizes;
  std::optional<Checksum> after;
  for (bool more = true; more;) {
    MKT_TRY(const BlobPage page, store.list(after));
    for (const StoredBlob& blob : page.blobs) sizes.emplace(blob.checksum.hex(), blob.size);
    if (!page.blobs.empty()) after = page.blobs.back().checksum;
    more = page.more;
  }
  return sizes;
}

std::vector<std::string> missing_tarballs(const std::vector<BlobReference>& wanted,
                                          const std::map<std::string, std::uint64_t>& sizes) {
  std::vector<std::string> missing;
  for (const BlobReference& blob : wanted) {
    const auto found = sizes.find(blob.checksum.hex());
    if (found == sizes.end()) {
      missing.push_back(
          fmt::format("the tarball of {} is missing ({})", blob.name, blob.checksum.text()));
    } else if (found->second != blob.size) {
      missing.push_back(fmt::format("the tarball of {} is damaged: it has {} bytes, not {}",
                                    blob.name, found->second, blob.size));
    }
  }
  return missing;
}

Result<TarballCopy> copy_tarballs(const std::vector<BlobReference>& wanted, const OpenTarball& open,
                                  BlobStore& into,
                                  const std::function<void(const std::string&)>& progress) {
  MKT_TRY(const auto sizes, sizes_in(into));
  std::vector<BlobReference> blobs;
  for (const BlobReference& blob : wanted) {
    const auto found = sizes.find(blob.checksum.hex());
    if (found != sizes.end() && found->second == blob.size) continue;
    // A store of files would keep the one that is there.
    if (found != sizes.end()) MKT_CHECK(into.remove(blob.checksum, utc_now()));
    blobs.push_back(blob);
  }
  CopyQueue queue(std::move(blobs), progress);
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::min<std::size_t>(kCopiedAtOnce, queue.size()); ++i) {
      threads.emplace_back([&] { queue.work(open, into); });
    }
  }
  MKT_TRY(TarballCopy counts, queue.outcome());
  counts.there = wanted.size() - counts.copied;
  return counts;
}

}  // namespace mkt
