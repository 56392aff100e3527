// The answer of the feed of the catalog's changes; see messages.h for what all have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/wire/members.h"

namespace mkt::wire {

struct FeedEntryInfo {
  std::int64_t sequence = 0;
  std::string time;
  std::string kind;  // feed_kinds()
  // Where the kind has them.
  std::string connector_id = {};
  std::string version = {};
  std::string checksum = {};
  std::string publisher_id = {};
  std::string key_id = {};
  std::string reason_code = {};
  std::string reason = {};
  std::optional<std::int64_t> resume_after = {};  // history was lost: read again from here

  MKT_MESSAGE(FeedEntryInfo);
};

// GET /v1/feed
struct FeedListing {
  std::vector<FeedEntryInfo> entries;  // oldest first
  std::int64_t sequence = 0;           // how far was read: the next `after`
  bool has_more = false;

  MKT_MESSAGE(FeedListing);
};

}  // namespace mkt::wire
