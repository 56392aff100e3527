// Feed: what changed in the catalog, in the order of the audit log.
//
// It is made of the log's entries, by a list of actions and of their members: nothing about
// tenants, requests, tokens and policies, nor who asked from where. Entries about a connector are
// for whoever sees the connector now. Entries have the log's numbers, which grow in the order of
// the commits, with several daemons too; so who reads on after the last number misses nothing.
//
// Thread-safe. Must not outlive the marketplace.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/wire/feed_messages.h"
#include "daemon/service/marketplace.h"

namespace mkt {

inline constexpr std::uint32_t kMaxFeedEntries = 1000;  // of one page

class Feed {
 public:
  // Readers that wait at once, in all and from one address. A waiting reader costs a thread.
  static constexpr int kMostWaiting = 64;
  static constexpr int kMostFromAddress = 4;

  explicit Feed(const Marketplace& market);
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // At most `limit` entries after that number. A page may have none and be followed by others.
  // After a number beyond the newest there is one that says so (history_lost), as after a restore.
  Result<wire::FeedListing> page(const Caller& caller, std::int64_t after,
                                 std::uint32_t limit) const;

  // The same, once there is an entry or so much time has passed. Beyond the bounds above it is what
  // there is now. A reader who may no longer read by then gets no
  // entries.
  struct Waited {
    wire::FeedListing page;
    bool had_place = true;  // or it did not wait
  };
  Result<Waited> wait_for_page(const Caller& caller, std::int64_t after, std::uint32_t limit,
                               std::chrono::milliseconds at_most);

  int waiting() const;  // any thread

  // From now on nobody waits: the daemon stops. Any thread.
  void stop();

 private:
  class Place;  // of one who waits

  const Marketplace& market_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::uint64_t changes_ = 0;
  bool stopping_ = false;
  int waiting_ = 0;
  std::map<std::string, int> by_address_;  // waiting
  Watch watch_;                            // last: it must end before the members that it calls
};

}  // namespace mkt
