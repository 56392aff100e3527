// Retention: of a connector's prereleases the registry keeps the newest, and withdraws older ones
// when a newer one is published.
//
// One stays that a tenant has installed, that an install request waits for, that another version
// may choose as a dependency, that is in quarantine, or that is the connector's latest version. The
// registry does not know of lock files: what only a lock file names goes. A number that was
// withdrawn is never used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "daemon/service/marketplace.h"

namespace mkt {

inline constexpr const char* kRetentionCode = "retention";

// Of one connector at once: bounds a round, and what a number that was set too small costs. What is
// left goes when the connector gets its next prerelease.
inline constexpr std::size_t kMostWithdrawnAtOnce = 100;

// How many were withdrawn, the oldest first. Each is a change of its own; ends early once
// `stopping`.
Result<std::size_t> withdraw_old_prereleases(const Marketplace& market,
                                             std::string_view connector_id, std::size_t keep,
                                             const std::function<bool()>& stopping);

// Looks after the connectors that get a new prerelease. One thread.
class Retention {
 public:
  // How many prereleases of a connector are kept; 0: all. Asked anew in each round.
  using Keep = std::function<std::size_t()>;

  Retention(const Marketplace& market, Keep keep) : market_(market), keep_(std::move(keep)) {}

  // Of what was published since the last round; the first one only begins.
  Status round(const std::function<bool()>& stopping);
  // Another daemon looks after them: the next round is a first one.
  void rest() { at_.reset(); }

 private:
  const Marketplace& market_;
  const Keep keep_;
  std::optional<std::int64_t> at_;  // the last entry of the log that was looked at
  std::uint64_t seen_ = 0;          // of the change clock: nothing to do until it moves
};

}  // namespace mkt
