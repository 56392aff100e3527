// Log: the audit log, which is the registry's own order of events, as rows. Append only.
//
// An entry gets its number when its change commits. Until then the change refers to its own entries
// by EntryRef: rows that store such a number take the EntryRef, and Store::change returns the
// numbers to its caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_time.h"

namespace mkt {

// A client's own name for one POST, so that a retry does not change anything a second time. This
// key commits with everything that the request changes, at most once.
struct IdempotencyKey {
  std::string scope;  // the owner of the key: a token's id
  std::string key;
  std::string request_hash;  // distinguishes it from another request; http/request_digest.h
  UtcTime at;
  UtcTime expires_at;
};

// Who asked for a change, from where and in which request. The log stores it with the entry.
struct Actor {
  std::string who;      // "admin", "publisher:acme", "system"
  std::string address;  // of the client
  std::string request_id;
  std::optional<IdempotencyKey> idempotency = {};
  // The token that asked for it; empty where nobody asked. A change commits only while the token is
  // valid: revoking the token during an upload stops the publish.
  std::string token_id = {};
};

// One entry of the audit log.
struct LogEntry {
  std::int64_t seq = 0;
  UtcTime at;
  Actor actor;
  std::string action;    // such as "key.revoke"
  std::string subject;   // such as "acme:0123456789abcdef"
  std::string document;  // JSON object: kind, ids, values (service/log_text.h makes text of it)
};

// An entry to append; what it refers to must outlive the call.
struct NewLogEntry {
  UtcTime at;
  const Actor& actor;
  std::string_view action;
  std::string_view subject;
  std::string_view document;
};

struct LogQuery {
  std::int64_t after = 0;  // only entries with a greater seq
  std::optional<UtcTime> since;
  std::uint32_t limit = 100;
};

// An entry that the current change appends; the first has index 0.
struct EntryRef {
  std::size_t index = 0;
};

class Log {
 public:
  virtual ~Log() = default;

  // Oldest first.
  virtual std::vector<LogEntry> entries(const LogQuery& query) const = 0;
  // The number of the first entry at or after that time; nullopt where there is none yet. If the
  // clock was once set back, the earlier of two candidates.
  virtual std::optional<std::int64_t> first_since(UtcTime time) const = 0;
  virtual std::int64_t newest() const = 0;  // 0 for an empty log

  virtual EntryRef append(const NewLogEntry& entry) = 0;
};

}  // namespace mkt
