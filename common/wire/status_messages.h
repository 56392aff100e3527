// The messages of operations: is the daemon well, and what is left of the limits; see messages.h
// for what all have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"
#include "common/wire/members.h"

namespace mkt::wire {

// A part of the daemon: "ok", "degraded" (it works, and something should be looked at) or "failed"
// (the daemon is not ready because of it).
struct PartInfo {
  std::string name;
  std::string status;
  std::string reason;  // empty where there is nothing to say, or not for whoever asks

  MKT_MESSAGE(PartInfo);
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

  MKT_MESSAGE(BreakerInfo);
};

// GET /healthz
struct AliveInfo {
  std::string version;

  MKT_MESSAGE(AliveInfo);
};

// GET /readyz
struct ReadyInfo {
  std::string status;  // ready, not_ready
  std::vector<PartInfo> parts;

  MKT_MESSAGE(ReadyInfo);
};

// GET /v1/status
struct StatusInfo {
  std::string status;  // ready, not_ready
  std::vector<PartInfo> parts;
  std::string version;
  std::string started_at;
  std::vector<BreakerInfo> breakers;

  MKT_MESSAGE(StatusInfo);
};

struct LimitInfo {
  std::string scope;    // marketplace:publish
  std::string subject;  // publisher:acme
  // None: off.
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> window_seconds = {};
  std::optional<std::int64_t> remaining = {};
  std::optional<std::int64_t> reset_seconds = {};  // until one more passes
  std::string counted_in = {};                     // memory, redis

  MKT_MESSAGE(LimitInfo);
};

// GET /v1/limits
struct LimitListing {
  std::vector<LimitInfo> limits;

  MKT_MESSAGE(LimitListing);
};

// A document that the mirror's database refused.
struct ParkedDocumentInfo {
  std::string document;  // its path
  std::string reason;
  std::string changed_at;

  MKT_MESSAGE(ParkedDocumentInfo);
};

// GET /v1/mirror
struct MirrorInfo {
  std::string project;
  std::int64_t waiting = 0;
  std::int64_t lag_seconds = 0;
  std::uint64_t sent = 0;
  std::string bucket;  // empty: tarballs are not mirrored
  std::uint64_t tarballs = 0;
  std::optional<std::string> last_sent_at;
  std::string trouble;  // empty: none
  std::int64_t parked_count = 0;
  std::vector<ParkedDocumentInfo> parked;  // the first 100

  MKT_MESSAGE(MirrorInfo);
};

// The answer to POST /v1/mirror/resync.
struct ResyncInfo {
  std::int64_t waiting = 0;

  MKT_MESSAGE(ResyncInfo);
};

// The answer to POST /v1/mirror/adopt.
struct AdoptedInfo {
  std::string project;

  MKT_MESSAGE(AdoptedInfo);
};

}  // namespace mkt::wire
