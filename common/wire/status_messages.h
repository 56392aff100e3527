// The messages of operations: is the daemon well, and what is left of the limits; see messages.h
// for what all have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt::wire {

// A part of the daemon: "ok", "degraded" (it works, and something should be looked at) or "failed"
// (the daemon is not ready because of it).
struct PartInfo {
  std::string name;
  std::string status;
  std::string reason;  // empty where there is nothing to say, or not for whoever asks

  Json to_json() const;
  static Result<PartInfo> parse(const Json& json);
};

struct BreakerInfo {
  std::string name;
  std::string state;  // closed, open, half-open
  std::int64_t since_seconds = 0;
  std::optional<std::int64_t> retry_after_seconds;  // of open ones
  std::uint64_t successes = 0;
  std::uint64_t failures = 0;
  std::uint64_t refused = 0;
  std::uint64_t opened = 0;
  std::vector<std::string> causes;  // of the last failures, oldest first; for admins

  Json to_json() const;
  static Result<BreakerInfo> parse(const Json& json);
};

// GET /v1/status; GET /readyz without what comes after `parts`.
struct StatusInfo {
  std::string status;  // ready, not_ready
  std::vector<PartInfo> parts;
  std::string version;
  std::string started_at;
  std::vector<BreakerInfo> breakers;

  Json to_json() const;
  static Result<StatusInfo> parse(const Json& json);
};

// GET /v1/limits
struct LimitInfo {
  std::string scope;    // marketplace:publish
  std::string subject;  // publisher:acme
  // None: off.
  std::optional<std::int64_t> limit;
  std::int64_t window_seconds = 0;
  std::int64_t remaining = 0;
  std::int64_t reset_seconds = 0;  // until one more passes
  std::string counted_in;          // memory, redis

  Json to_json() const;
  static Result<LimitInfo> parse(const Json& json);
};

}  // namespace mkt::wire
