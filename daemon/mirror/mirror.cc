#include "daemon/mirror/mirror.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <limits>

#include "common/base/encoding.h"
#include "common/base/log.h"
#include "daemon/mirror/firestore_value.h"
#include "daemon/mirror/mirrored_documents.h"
#include "daemon/mirror/older_documents.h"
#include "daemon/service/outbox.h"

namespace mkt {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr const char* kRegistry = "registry";
constexpr const char* kBucket = "bucket";
constexpr const char* kAdopted = "adopted";
constexpr const char* kForm = "form";
constexpr const char* kNewestForm = "3";  // older_documents.h
// Tarballs known to be in the bucket, some 100 bytes each; the bucket is asked about others again.
constexpr std::size_t kMaxRemembered = 50'000;

// The other side refused what was sent; it was not unreachable.
bool is_refusal(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid_request:
    case ErrorCode::forbidden:
    case ErrorCode::checksum_mismatch:  // an object in the bucket differs
    case ErrorCode::data_damaged:       // a tarball's file on this machine is damaged
    case ErrorCode::target_exists:      // something that another program wrote
      return true;
    default:
      return false;
  }
}

BreakerOptions breaker_options(const MirrorPauses& pauses) {
  BreakerOptions options;
  options.open_for = pauses.open;
  options.longest_open = 4 * pauses.open;
  options.lease = std::chrono::seconds(90);  // longer than a call may take
  options.successes = 1;
  return options;
}

Error not_ours(const std::string& path, const FirestoreOptions& firestore) {
  return Error(
      ErrorCode::target_exists,
      fmt::format("{} in {} was not written by this mirror, and is not overwritten; give "
                  "the mirror another firestore-prefix, or take over all that is under {}: "
                  "mktd mirror adopt",
                  path, firestore.project,
                  firestore.prefix.empty() ? "no prefix" : firestore.prefix));
}

std::string text_field(const Json& fields, const char* name) {
  const auto field = fields.find(name);
  return field == fields.end() ? std::string() : text_member(*field, "stringValue").value_or("");
}

}  // namespace

std::chrono::milliseconds MirrorStatus::lag(UtcTime now) const {
  using std::chrono::milliseconds;
  if (!outbox.oldest) return milliseconds::zero();
  return std::max(milliseconds::zero(),
                  std::chrono::duration_cast<milliseconds>(now - *outbox.oldest));
}

Json mirrored_fields(const OutboxEntry& entry) {
  Json fields = older_fields(entry.name, *entry.content);
  if (entry.seq > 0) fields[kMirrorSequence] = {{"integerValue", std::to_string(entry.seq)}};
  return fields;
}

Mirror::Mirror(const Marketplace& market, MirrorTarget target, MirrorPauses pauses,
               BreakerRegistry& breakers)
    : market_(market),
      firestore_(std::move(target.firestore)),
      bucket_(std::move(target.bucket)),
      layout_(firestore_->options().prefix),
      pauses_(pauses),
      job_(market.store.jobs().stand_for("mirror")) {
  status_.project = firestore_->options().project;
  firestore_->abort_when([this] { return stopping(); });
  executor_ = std::make_unique<ResilientExecutor>(
      breakers.get("firestore", breaker_options(pauses)), retry_policy());
  if (bucket_) {
    status_.bucket = bucket_->options().name;
    bucket_->abort_when([this] { return stopping(); });
    bucket_executor_ = std::make_unique<ResilientExecutor>(
        breakers.get("bucket", breaker_options(pauses)), retry_policy());
  }
  thread_ = std::thread([this] { work(); });
}

Mirror::~Mirror() {
  stop_.request_stop();
  thread_.join();
}

bool Mirror::pause(std::chrono::milliseconds time) const {
  return system_clock().sleep(time, stop_.get_token());
}

Result<MirrorStatus> Mirror::status() const {
  MKT_TRY(const OutboxCounts outbox, count_outbox(market_));
  const std::lock_guard lock(mutex_);
  MirrorStatus status = status_;
  status.outbox = outbox;
  return status;
}

void Mirror::note_trouble(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (status_.trouble != why && !why.empty()) {
    log_event(LogLevel::warning, "the mirror makes no progress; it will try again",
              {{"project", status_.project}, {"reason", why}});
  } else if (why.empty() && !status_.trouble.empty()) {
    log_event(LogLevel::info, "the mirror makes progress again", {{"project", status_.project}});
  }
  status_.trouble = why;
}

// Tries without end; but what Firestore refuses is not sent again unchanged.
RetryPolicy Mirror::retry_policy() {
  RetryPolicy policy;
  policy.backoff = Backoff::patient();
  policy.backoff.attempts = std::numeric_limits<int>::max();
  policy.backoff.first = pauses_.retry;
  policy.longest_hint = std::chrono::minutes(5);
  policy.stop = stop_.get_token();
  policy.may_retry = [this](const Error& error) { return !stopping() && !is_refusal(error); };
  policy.before_wait = [this](const FailedAttempt& failed, const Attempt&) {
    if (failed.error.code != ErrorCode::request_outdated) note_trouble(failed.error.message);
  };
  return policy;
}

// This registry's id, made once and kept in the store.
Status Mirror::know_registry() {
  MKT_TRY(registry_, mirror_state(market_, kRegistry));
  if (!registry_.empty()) return {};
  registry_ = random_hex(kIdBytes);
  return set_mirror_state(market_, kRegistry, registry_);
}

// A new bucket has no tarballs yet, so everything is sent again.
Status Mirror::know_bucket() {
  const std::string name = bucket_ ? bucket_->options().name : "";
  MKT_TRY(const std::string known, mirror_state(market_, kBucket));
  if (known == name) return {};
  if (bucket_) MKT_CHECK(fill_outbox(market_));
  return set_mirror_state(market_, kBucket, name);
}

// An earlier mktd wrote documents of another form. Then the outbox counts as incomplete, and all
// documents are sent again.
Status Mirror::know_form() {
  MKT_TRY(const std::string known, mirror_state(market_, kForm));
  if (known == kNewestForm) return {};
  MKT_CHECK(stop_outbox(market_));
  return set_mirror_state(market_, kForm, kNewestForm);
}

Status Mirror::prepare() {
  cursor_.reset();
  MKT_CHECK(know_registry());
  MKT_CHECK(know_form());
  MKT_CHECK(start_outbox(market_));
  return know_bucket();
}

void Mirror::work() {
  ::pthread_setname_np(::pthread_self(), "mirror");
  do {
    term_ = job_->term();
    if (!term_) {
      note_trouble("");  // it is another daemon's
      continue;
    }
    if (const Status ready = prepare(); !ready) {
      note_trouble(ready.error().message);
      if (!pause(pauses_.retry)) return;
      continue;
    }
    send_changes();
  } while (pause(pauses_.look));
}

// Until the daemon stops, or another one mirrors.
void Mirror::send_changes() {
  std::uint64_t seen = std::numeric_limits<std::uint64_t>::max();
  while (pause(pauses_.look) && !stopping()) {
    const std::uint64_t changes = market_.views.clock.changes();
    if (changes == seen) continue;
    // Lost history, or an admin, may have made it incomplete meanwhile.
    if (const Status complete = start_outbox(market_); !complete) {
      note_trouble(complete.error().message);
      continue;
    }
    for (;;) {
      auto entries = waiting_documents(market_, kMaxDocuments, kMaxBytes);
      if (!entries) note_trouble(entries.error().message);
      if (!entries || stopping()) break;
      if (entries->empty()) {
        seen = changes;
        break;
      }
      if (!put_tarballs(*entries) || (!entries->empty() && !deliver(*entries))) {
        if (!pause(pauses_.open)) return;
        break;
      }
    }
  }
}

// Puts the tarballs of the versions in `entries` into the bucket. A version whose tarball is
// finally refused is parked and removed from `entries`.
bool Mirror::put_tarballs(std::vector<OutboxEntry>& entries) {
  if (!bucket_) return true;
  for (auto entry = entries.begin(); entry != entries.end();) {
    const bool has_tarball = entry->name.kind == DocumentKind::version && entry->content;
    const Status done = has_tarball ? put_tarball(*entry) : Status();
    if (done) {
      ++entry;
      continue;
    }
    if (stopping()) return false;
    // The credentials or the bucket's name are wrong; the tarball is not at fault.
    if (done.error().code == ErrorCode::forbidden || done.error().code == ErrorCode::unauthorized) {
      note_trouble(done.error().message);
      return false;
    }
    if (!park(*entry, done.error())) return false;
    entry = entries.erase(entry);
  }
  return true;
}

Status Mirror::put_tarball(const OutboxEntry& version) {
  if (number_member(*version.content, "withdrawnAt")) return {};  // its bytes are gone
  MKT_TRY(const Checksum checksum,
          Checksum::parse(text_member(*version.content, "checksum").value_or("")));
  const auto size = static_cast<std::uint64_t>(number_member(*version.content, "size").value_or(0));
  if (size > bucket_->options().most_bytes || in_bucket_.contains(checksum.hex())) return {};
  Status done = bucket_executor_
                    ->run([&]() -> Status {
                      MKT_TRY(const UniqueFd file, market_.blobs.open_blob(checksum, size));
                      return bucket_->put(checksum, file.get(), size);
                    })
                    .result;
  if (!done) return done;
  if (in_bucket_.size() >= kMaxRemembered) in_bucket_.clear();
  in_bucket_.insert(checksum.hex());
  const std::lock_guard lock(mutex_);
  ++status_.tarballs;
  return {};
}

bool Mirror::deliver(std::span<const OutboxEntry> entries) {
  const Status sent = send(entries);
  if (sent) return settle(entries);
  if (stopping() || !is_refusal(sent.error())) return false;
  // A document of another program is not our fault; an admin has to decide.
  if (sent.error().code == ErrorCode::target_exists) {
    note_trouble(sent.error().message);
    return false;
  }
  return halve(entries, sent.error());
}

// Firestore refused the batch. Finds the document that is at fault, if there is one.
bool Mirror::halve(std::span<const OutboxEntry> entries, const Error& error) {
  if (const Status anything = send({}); !anything) {
    note_trouble(anything.error().message);
    return false;
  }
  if (entries.size() > 1) {
    const std::size_t half = entries.size() / 2;
    return deliver(entries.first(half)) && deliver(entries.subspan(half));
  }
  return park(entries[0], error);
}

bool Mirror::park(const OutboxEntry& entry, const Error& error) {
  log_event(LogLevel::error, "a document cannot be mirrored; it is parked",
            {{"document", layout_.path_of(entry.name)}, {"reason", error.message}});
  const Status parked = park_document(market_, entry, error.message);
  if (!parked) note_trouble(parked.error().message);
  return static_cast<bool>(parked);
}

bool Mirror::settle(std::span<const OutboxEntry> entries) {
  note_trouble("");
  {
    const std::lock_guard lock(mutex_);
    status_.sent += entries.size();
    status_.last_sent = utc_now();
  }
  // If this fails, they are sent again, which changes nothing.
  const Status done = mark_sent(market_, entries);
  if (!done) note_trouble(done.error().message);
  return static_cast<bool>(done);
}

Status Mirror::send(std::span<const OutboxEntry> entries) {
  const std::string batch = random_hex(kIdBytes);
  std::vector<FirestoreWrite> writes(1);
  for (const OutboxEntry& entry : entries) {
    writes.push_back({layout_.path_of(entry.name),
                      entry.content ? std::optional(mirrored_fields(entry)) : std::nullopt});
  }
  FirestoreWrite& cursor = writes.front();
  cursor.path = layout_.cursor();
  cursor.fields = to_firestore_fields({{"registry", registry_},
                                       {"batch", batch},
                                       {"seq", entries.empty() ? 0 : entries.back().seq},
                                       {"at", to_unix_ms(utc_now())}});
  return executor_->run([&] { return attempt(writes, batch); }).result;
}

Status Mirror::attempt(std::vector<FirestoreWrite>& writes, const std::string& batch) {
  if (!cursor_) {
    MKT_TRY(const bool applied, read_cursor(batch));
    if (applied) return {};
  }
  writes.front().expected = *cursor_;
  MKT_CHECK(expect_own(writes));
  auto committed = firestore_->commit(writes);
  if (committed) {
    cursor_ = std::move(*committed);
    return {};
  }
  // The outcome is unknown, or the cursor was moved: read it before the next attempt.
  cursor_.reset();
  return committed.error();
}

// Reads the cursor; true where this batch has already moved it.
Result<bool> Mirror::read_cursor(const std::string& batch) {
  MKT_TRY(const auto document, firestore_->get(layout_.cursor()));
  if (!document) {
    MKT_CHECK(look_for_foreign());
    cursor_ = "";
    return false;
  }
  if (const std::string other = text_field(document->fields, "registry"); other != registry_) {
    return Error(ErrorCode::forbidden,
                 fmt::format("another registry mirrors into {} under this prefix; give one of them "
                             "another firestore-prefix, or delete {} to take over",
                             firestore_->options().project, layout_.cursor()));
  }
  cursor_ = document->update_time;
  return text_field(document->fields, "batch") == batch;
}

// Sets the precondition of each document: its present update time, or that it does not exist.
Status Mirror::expect_own(std::vector<FirestoreWrite>& writes) {
  if (writes.size() == 1) return {};
  std::vector<std::string> paths;
  for (std::size_t i = 1; i < writes.size(); ++i) paths.push_back(writes[i].path);
  MKT_TRY(const auto there, firestore_->get_field(paths, kMirrorSequence));
  for (std::size_t i = 1; i < writes.size(); ++i) {
    FirestoreWrite& write = writes[i];
    const auto found = there.find(write.path);
    if (found == there.end()) {
      write.expected = write.fields ? std::optional<std::string>("") : std::nullopt;
      continue;
    }
    if (!found->second.fields.contains(kMirrorSequence)) {
      MKT_TRY(const bool adopts, may_adopt());
      if (!adopts) return not_ours(write.path, firestore_->options());
    }
    write.expected = found->second.update_time;
  }
  return {};
}

// Before the mirror writes for the first time under this prefix.
Status Mirror::look_for_foreign() {
  MKT_TRY(const bool adopts, may_adopt());
  if (adopts) return {};
  return each_foreign_document(*firestore_, layout_, [&](const std::string& path) -> Status {
    return not_ours(path, firestore_->options());
  });
}

std::string Mirror::target() const {
  const FirestoreOptions& o = firestore_->options();
  return fmt::format("{}/{}/{}", o.project, o.database, o.prefix);
}

Result<bool> Mirror::may_adopt() const {
  MKT_TRY(const std::string adopted, mirror_state(market_, kAdopted));
  return adopted == target();
}

Status Mirror::adopt() const { return set_mirror_state(market_, kAdopted, target()); }

}  // namespace mkt
