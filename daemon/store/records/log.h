// Log: the audit log, the registry's own order of events, as rows. Append only.
//
// An entry's number is given when the change commits. Until then a change names its own entries by
// EntryRef; rows that keep such a number take the EntryRef, and the caller of Store::change finds
// the numbers in what it returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_time.h"

namespace mkt {

// A client's own name for one POST, so that a retry of it changes nothing a second time. Whatever
// the request changes commits together with this key, at most once.
struct IdempotencyKey {
  std::string scope;  // whose key it is: a token's id
  std::string key;
  std::string request_hash;  // what tells it from another request; http/request_digest.h
  UtcTime at;
  UtcTime expires_at;
};

// Who asked for a change, from where and in which request: what the log keeps beside it.
struct Actor {
  std::string who;      // "admin", "publisher:acme", "system"
  std::string address;  // of the client
  std::string request_id;
  std::optional<IdempotencyKey> idempotency = {};
  // The token by which it was asked for; empty for what nobody asked for. A change commits only
  // while the token stands: one that is revoked during an upload ends it.
  std::string token_id = {};
};

// One entry of the audit log.
struct LogEntry {
  std::int64_t seq = 0;
  UtcTime at;
  Actor actor;
  std::string action;    // "key.revoke"
  std::string subject;   // "acme:0123456789abcdef"
  std::string document;  // JSON object: kind, ids and values (service/log_text.h makes it a text)
};

// One that is to be appended; what it refers to outlives the call.
struct NewLogEntry {
  UtcTime at;
  const Actor& actor;
  std::string_view action;
  std::string_view subject;
  std::string_view document;
};

struct LogQuery {
  std::int64_t after = 0;  // entries with a greater seq
  std::optional<UtcTime> since;
  std::uint32_t limit = 100;
};

// One of the entries that a change appends: the first has index 0.
struct EntryRef {
  std::size_t index = 0;
};

class Log {
 public:
  virtual ~Log() = default;

  // Oldest first.
  virtual std::vector<LogEntry> entries(const LogQuery& query) const = 0;
  // The number of the first entry at or after that time; nullopt where there is none yet. Where the
  // clock once stepped back the earlier of two candidates is taken.
  virtual std::optional<std::int64_t> first_since(UtcTime time) const = 0;
  virtual std::int64_t newest() const = 0;  // 0 for an empty log

  virtual EntryRef append(const NewLogEntry& entry) = 0;
};

}  // namespace mkt
