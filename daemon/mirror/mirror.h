// Mirror: sends every change of the store to Firestore, in order.
//
// A thread takes the oldest changes from the store's outbox, sends the present state of their
// documents in one commit, and removes from the outbox what was acknowledged. Requests never wait
// for it. Each document has a `mirrorSeq`, its place in the order of changes.
//
// Each commit also moves the mirror's cursor, a document of its own, on the precondition that
// nobody else has moved it. So nothing of a repeated or late commit is applied. If the answer to a
// commit was lost, the cursor's batch shows whether it was applied. The cursor also names the
// registry: a second registry with the same project and prefix is refused.
//
// A document without `mirrorSeq` was written by another program. The mirror never overwrites it: it
// creates a document on the precondition that there is none, and changes or deletes one on the
// precondition that it is still the one whose `mirrorSeq` was read. A prefix with documents of
// others stops the mirror until an admin allows it to overwrite them (`adopt`).
//
// Where several daemons share a store, one of them at a time mirrors: it has the job "mirror"
// (store/jobs.h), and begins with Firestore's cursor.
//
// With a bucket, a version's tarball is uploaded before the version's document is sent, so readers
// of Firestore can fetch what it names. Tarballs above the bucket's limit are only named.
//
// What fails is tried again (retry.h), behind the circuit breakers "firestore" and "bucket". If
// Firestore finally refuses a document, the mirror finds it by halving the batch and parks it with
// the reason. A version whose tarball the bucket refuses is parked too. Everything else goes on,
// and nothing is ever dropped. Thread-safe. The destructor ends a call in progress within about a
// second.
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

// The pauses between looks at the outbox, after the first failure (then longer and longer), and
// while Firestore's breaker is open.
struct MirrorPauses {
  std::chrono::milliseconds look{100};
  std::chrono::milliseconds retry{2000};
  std::chrono::milliseconds open{30'000};
};

// Where the mirror writes. Without a bucket, tarballs are only named.
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

  // How long the oldest change has waited; zero where none waits or the clock went back.
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
  // From now on, the mirror may overwrite documents that others wrote at its paths.
  Status adopt() const;

 private:
  void work();
  Status prepare();
  void send_changes();
  // True also when another daemon may mirror from now on.
  bool stopping() const { return stop_.stop_requested() || job_->term() != term_; }
  bool pause(std::chrono::milliseconds time) const;

  // False where it must be tried again later.
  bool put_tarballs(std::vector<OutboxEntry>& entries);
  Status put_tarball(const OutboxEntry& version);
  bool park(const OutboxEntry& entry, const Error& error);
  bool deliver(std::span<const OutboxEntry> entries);
  bool halve(std::span<const OutboxEntry> entries, const Error& error);
  bool settle(std::span<const OutboxEntry> entries);
  // Sends the documents and the cursor. Without documents it tests whether Firestore accepts
  // anything.
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
  const std::unique_ptr<Bucket> bucket_;  // may be null
  const MirrorLayout layout_;
  const MirrorPauses pauses_;
  std::stop_source stop_;
  const std::unique_ptr<JobLease> job_;
  std::optional<JobTerm> term_;        // in which it sends; for the thread only
  std::string registry_;               // this registry's id, for the cursor; for the thread only
  std::optional<std::string> cursor_;  // its update time, "" for none yet; for the thread only
  std::unique_ptr<ResilientExecutor> executor_;
  std::unique_ptr<ResilientExecutor> bucket_executor_;
  std::unordered_set<std::string> in_bucket_;  // checksums known to be there; for the thread only
  mutable std::mutex mutex_;
  MirrorStatus status_;  // guarded by mutex_
  std::thread thread_;
};

// The fields of a document in Firestore.
Json mirrored_fields(const OutboxEntry& entry);

}  // namespace mkt
