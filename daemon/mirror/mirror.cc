// Taking, sending, settling; see mirror.h.
#include "daemon/mirror/mirror.h"

#include <fmt/format.h>

#include <limits>

#include "common/base/encoding.h"
#include "daemon/mirror/firestore_value.h"
#include "daemon/ops/log.h"

namespace mkt {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr const char* kRegistry = "registry";

// Firestore says no to what was sent, not that it cannot be reached.
bool is_refusal(const Error& error) {
  return error.code == ErrorCode::invalid_request || error.code == ErrorCode::forbidden;
}

BreakerOptions breaker_options(const MirrorPauses& pauses) {
  BreakerOptions options;
  options.open_for = pauses.open;
  options.longest_open = 4 * pauses.open;
  options.lease = std::chrono::seconds(90);  // longer than a call may take
  options.successes = 1;
  return options;
}

std::string text_field(const Json& fields, const char* name) {
  const auto field = fields.find(name);
  return field == fields.end() ? std::string() : text_member(*field, "stringValue").value_or("");
}

}  // namespace

Json mirrored_fields(const OutboxEntry& entry) {
  Json fields = to_firestore_fields(*entry.content);
  if (entry.seq > 0) fields["mirrorSeq"] = {{"integerValue", std::to_string(entry.seq)}};
  return fields;
}

Mirror::Mirror(Store& store, std::unique_ptr<Firestore> firestore, MirrorPauses pauses,
               BreakerRegistry& breakers)
    : store_(store),
      firestore_(std::move(firestore)),
      layout_(firestore_->options().prefix),
      pauses_(pauses) {
  status_.project = firestore_->options().project;
  firestore_->abort_when([this] { return stopping(); });
  executor_ = std::make_unique<ResilientExecutor>(
      breakers.get("firestore", breaker_options(pauses)), retry_policy());
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
  MKT_TRY(const OutboxCounts outbox, store_.outbox_counts());
  const std::lock_guard lock(mutex_);
  MirrorStatus status = status_;
  status.outbox = outbox;
  return status;
}

void Mirror::note_trouble(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (status_.trouble != why && !why.empty()) {
    log_event(LogLevel::warning, "the mirror does not get on, it will be tried again",
              {{"project", status_.project}, {"reason", why}});
  } else if (why.empty() && !status_.trouble.empty()) {
    log_event(LogLevel::info, "the mirror gets on again", {{"project", status_.project}});
  }
  status_.trouble = why;
}

// Tried for as long as it takes; what Firestore refuses is not tried again unchanged.
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

// Who we are, made once and kept with the store.
Status Mirror::know_registry() {
  MKT_TRY(registry_, store_.mirror_state(kRegistry));
  if (!registry_.empty()) return {};
  registry_ = random_hex(kIdBytes);
  return store_.set_mirror_state(kRegistry, registry_);
}

void Mirror::work() {
  while (true) {
    Status ready = know_registry();
    if (ready) ready = store_.start_outbox();
    if (ready) break;
    note_trouble(ready.error().message);
    if (!pause(pauses_.retry)) return;
  }
  std::uint64_t seen = std::numeric_limits<std::uint64_t>::max();
  while (pause(pauses_.look)) {
    const std::uint64_t changes = store_.changes();
    if (changes == seen) continue;
    for (;;) {
      const auto entries = store_.outbox(kMostDocuments, kMostBytes);
      if (!entries) note_trouble(entries.error().message);
      if (!entries || stopping()) break;
      if (entries->empty()) {
        seen = changes;
        break;
      }
      if (!deliver(*entries)) {
        if (!pause(pauses_.open)) return;
        break;
      }
    }
  }
}

bool Mirror::deliver(std::span<const OutboxEntry> entries) {
  const Status sent = send(entries);
  if (sent) return settle(entries);
  if (stopping() || !is_refusal(sent.error())) return false;
  return halve(entries, sent.error());
}

// It refused the batch: which document is it, if it is one at all?
bool Mirror::halve(std::span<const OutboxEntry> entries, const Error& error) {
  if (const Status anything = send({}); !anything) {
    note_trouble(anything.error().message);
    return false;
  }
  if (entries.size() > 1) {
    const std::size_t half = entries.size() / 2;
    return deliver(entries.first(half)) && deliver(entries.subspan(half));
  }
  log_event(LogLevel::error, "Firestore refuses a document for good; it is parked",
            {{"document", layout_.path_of(entries[0].name)}, {"reason", error.message}});
  const Status parked = store_.park(entries[0].seq, error.message);
  if (!parked) note_trouble(parked.error().message);
  return static_cast<bool>(parked);
}

bool Mirror::settle(std::span<const OutboxEntry> entries) {
  std::vector<std::int64_t> seqs;
  for (const OutboxEntry& entry : entries) seqs.push_back(entry.seq);
  note_trouble("");
  {
    const std::lock_guard lock(mutex_);
    status_.sent += entries.size();
    status_.last_sent = utc_now();
  }
  // Should this fail, they are sent again, and nothing changes.
  const Status done = store_.outbox_sent(seqs);
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
  auto committed = firestore_->commit(writes);
  if (committed) {
    cursor_ = std::move(*committed);
    return {};
  }
  // What became of it is not known, or the cursor was moved: look before the next attempt.
  cursor_.reset();
  return committed.error();
}

// Where the cursor stands; true where that batch has moved it there.
Result<bool> Mirror::read_cursor(const std::string& batch) {
  MKT_TRY(const auto document, firestore_->get(layout_.cursor()));
  if (!document) {
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

}  // namespace mkt
