// Mirror: every change of the store, in order, to Firestore.
//
// A thread of its own takes the oldest changes from the store's outbox, sends their documents as
// they are now in one commit, and takes out of the outbox what was acknowledged; requests never
// wait for it. Each document carries `mirrorSeq`, its place in the order of changes.
//
// Each commit also moves the mirror's cursor, a document of its own, under the precondition that
// nobody has moved it since: so of a commit that is repeated, or arrives late, nothing is applied,
// and one whose answer was lost is recognized by the batch that the cursor names. The cursor names
// the registry too: a second one with the same project and prefix is refused.
//
// What is there and has no `mirrorSeq` somebody else wrote. The mirror never overwrites it: a
// document is made under the precondition that there is none, and changed or deleted under the
// precondition that it is still the one whose `mirrorSeq` was read. A prefix that holds such
// documents stops the mirror, until an admin says that it may take them over (`adopt`).
//
// With a bucket, the tarball of a version is put there before the version's document is sent: what
// Firestore names can be fetched. Those larger than the bucket is to take are only named.
//
// What fails is tried again (retry.h) behind the circuit breakers "firestore" and "bucket". A
// document that Firestore refuses for good is found by halving its batch, and parked with the
// reason, as is a version whose tarball the bucket refuses; the rest goes on. Nothing is ever
// dropped. Thread-safe; the destructor ends a call under way within about a second.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "common/reliability/breaker_registry.h"
#include "common/reliability/resilient_executor.h"
#include "daemon/blobs/blob_store.h"
#include "daemon/mirror/bucket.h"
#include "daemon/mirror/firestore.h"
#include "daemon/mirror/layout.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// Between looks at the outbox, after a failure at first (then longer and longer), and with a
// Firestore that its breaker leaves alone.
struct MirrorPauses {
  std::chrono::milliseconds look{100};
  std::chrono::milliseconds retry{2000};
  std::chrono::milliseconds open{30'000};
};

// Where it goes. Without a bucket, tarballs are only named.
struct MirrorTarget {
  std::unique_ptr<Firestore> firestore;
  std::unique_ptr<Bucket> bucket = nullptr;
};

struct MirrorStatus {
  std::string project;
  std::string bucket;  // empty for none
  OutboxCounts outbox;
  std::uint64_t sent = 0;  // documents, by this process
  std::optional<UtcTime> last_sent;
  std::uint64_t tarballs = 0;  // put into the bucket or found there, by this process
  std::string trouble;         // why nothing gets through now; empty where it does

  // How long the oldest change has waited; zero where none does, or the clock went back.
  std::chrono::milliseconds lag(UtcTime now) const;
};

class Mirror {
 public:
  // Firestore's own limits are 500 writes and 10 MiB; one write is the cursor's.
  static constexpr std::uint32_t kMaxDocuments = 499;
  static constexpr std::size_t kMaxBytes = 8 * 1024 * 1024;

  Mirror(const Marketplace& market, MirrorTarget target, MirrorPauses pauses = {},
         BreakerRegistry& breakers = process_breakers());
  ~Mirror();
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  Result<MirrorStatus> status() const;
  std::string path_of(const DocumentName& name) const { return layout_.path_of(name); }
  // Documents that others wrote where this one mirrors to may be overwritten from now on.
  Status adopt() const;

 private:
  void work();
  bool stopping() const { return stop_.stop_requested(); }
  bool pause(std::chrono::milliseconds time) const;

  // False where it has to be tried again later.
  bool put_tarballs(std::vector<OutboxEntry>& entries);
  Status put_tarball(const OutboxEntry& version);
  bool park(const OutboxEntry& entry, const Error& error);
  bool deliver(std::span<const OutboxEntry> entries);
  bool halve(std::span<const OutboxEntry> entries, const Error& error);
  bool settle(std::span<const OutboxEntry> entries);
  // The documents and the cursor; no documents: whether Firestore takes anything at all.
  Status send(std::span<const OutboxEntry> entries);
  Status attempt(std::vector<FirestoreWrite>& writes, const std::string& batch);
  Result<bool> read_cursor(const std::string& batch);
  Status expect_own(std::vector<FirestoreWrite>& writes);
  Status look_for_foreign();
  Result<bool> may_adopt() const;
  std::string target() const;
  Status know_registry();
  Status know_bucket();
  Status know_form();
  RetryPolicy retry_policy();
  void note_trouble(const std::string& why);

  const Marketplace& market_;
  const std::unique_ptr<Firestore> firestore_;
  const std::unique_ptr<Bucket> bucket_;  // may be none
  const MirrorLayout layout_;
  const MirrorPauses pauses_;
  std::stop_source stop_;
  std::string registry_;               // who we are, for the cursor; the thread's
  std::optional<std::string> cursor_;  // its update time, "" for none yet; the thread's
  std::unique_ptr<ResilientExecutor> executor_;
  std::unique_ptr<ResilientExecutor> bucket_executor_;
  std::unordered_set<std::string> in_bucket_;  // checksums that need no look; the thread's
  mutable std::mutex mutex_;
  MirrorStatus status_;  // guarded by mutex_
  std::thread thread_;
};

// What a document looks like there.
Json mirrored_fields(const OutboxEntry& entry);

}  // namespace mkt
