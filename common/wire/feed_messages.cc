#include "common/wire/feed_messages.h"

#include <array>
#include <string_view>

#include "common/wire/message_functions.h"

namespace mkt::wire {
namespace {

constexpr auto kFeedKinds = std::to_array<std::string_view>(
    {"published", "countersigned", "deprecated", "undeprecated", "quarantined", "released",
     "withdrawn", "key_revoked", "owner_added", "owner_removed", "visibility_changed",
     "history_lost"});

}  // namespace

template <typename Visitor>
void FeedEntryInfo::members(Visitor& m) {
  m.always("sequence", &FeedEntryInfo::sequence);
  m.always("time", &FeedEntryInfo::time, kTime);
  m.always("kind", &FeedEntryInfo::kind, one_of(kFeedKinds));
  m.if_any("connectorId", &FeedEntryInfo::connector_id);
  m.if_any("version", &FeedEntryInfo::version);
  m.if_any("checksum", &FeedEntryInfo::checksum, kChecksum);
  m.if_any("publisherId", &FeedEntryInfo::publisher_id);
  m.if_any("keyId", &FeedEntryInfo::key_id);
  m.if_any("reasonCode", &FeedEntryInfo::reason_code);
  m.if_any("reason", &FeedEntryInfo::reason);
  m.if_any("resumeAfter", &FeedEntryInfo::resume_after,
           Shape().saying("History was lost: entries after this one may be others than before."));
}

template <typename Visitor>
void FeedListing::members(Visitor& m) {
  m.always("entries", &FeedListing::entries, Shape().saying("Oldest first."));
  m.always("sequence", &FeedListing::sequence, Shape().saying("The next `after`."));
  m.always("hasMore", &FeedListing::has_more);
}

MKT_MESSAGE_FUNCTIONS(FeedEntryInfo)
MKT_MESSAGE_FUNCTIONS(FeedListing)

}  // namespace mkt::wire
