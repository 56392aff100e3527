#include "daemon/service/feed.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "common/base/json.h"
#include "common/base/long_wait.h"
#include "daemon/service/tokens.h"
#include "daemon/service/visibility.h"

namespace mkt {
namespace {

// A page looks at most at so many entries of the log, most of which may be of no interest.
constexpr std::uint32_t kMaxLooked = 2000;

// The actions of the log that the feed tells of, and what it calls them.
constexpr auto kFeedActions = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"version.publish", "published"},
    {"version.countersign", "countersigned"},
    {"version.deprecate", "deprecated"},
    {"version.undeprecate", "undeprecated"},
    {"version.quarantine", "quarantined"},
    {"version.release", "released"},
    {"version.withdraw", "withdrawn"},
    {"key.revoke", "key_revoked"},
    {"owner.add", "owner_added"},
    {"owner.remove", "owner_removed"},
    {"connector.visibility", "visibility_changed"},
    {"history.lost", "history_lost"},
});

// Empty for an action that is not told of.
std::string_view feed_kind(std::string_view action) {
  for (const auto& [name, kind] : kFeedActions) {
    if (name == action) return kind;
  }
  return {};
}

wire::FeedEntryInfo entry_of(const LogEntry& e, std::string_view kind) {
  wire::FeedEntryInfo info;
  info.sequence = e.seq;
  info.time = format_utc(e.at);
  info.kind = kind;
  const auto document = parse_json(e.document, "an entry's document");
  if (!document || !document->is_object()) return info;
  const auto text = [&](const char* name) { return text_member(*document, name).value_or(""); };
  if (kind == "history_lost") {
    info.resume_after = number_member(*document, "known");
    return info;
  }
  info.connector_id = text("connector");
  info.version = text("version");
  info.checksum = text("checksum");
  info.publisher_id = text("publisher");
  info.key_id = text("keyId");
  info.reason_code = text("reasonCode");
  info.reason = text("reason");
  return info;
}

// For who has read further than there is: numbers that were told are told of something else later.
wire::FeedListing lost_history(std::int64_t newest, UtcTime now) {
  wire::FeedListing page;
  page.sequence = newest;
  wire::FeedEntryInfo info;
  info.sequence = newest;
  info.time = format_utc(now);
  info.kind = "history_lost";
  info.resume_after = newest;
  page.entries.push_back(std::move(info));
  return page;
}

// Does the caller see what the entry is about? Entries older than documents name no connector.
bool is_for(const Caller& caller, const Records& records, const LogEntry& e,
            const wire::FeedEntryInfo& info) {
  if (e.action == "history.lost" || e.action == "key.revoke") return true;
  const std::string id =
      info.connector_id.empty() ? e.subject.substr(0, e.subject.find('@')) : info.connector_id;
  const auto head = records.catalog().connector_head(id);
  return head && may_see(records, caller, id, head->visible_to);
}

bool still_reads(const Marketplace& market, const Caller& caller) {
  if (!caller.signed_in()) return static_cast<bool>(require_reader(market, caller));
  Caller now = caller;
  return static_cast<bool>(resume_session(market, caller.token_id, now));
}

}  // namespace

// Counts who waits.
class Feed::Place {
 public:
  Place(Feed& feed, std::string address) : feed_(feed), address_(std::move(address)) {
    const std::lock_guard lock(feed_.mutex_);
    int& here = feed_.by_address_[address_];
    is_free_ = feed_.waiting_ < kMostWaiting && here < kMostFromAddress;
    ++feed_.waiting_;
    ++here;
  }
  ~Place() {
    const std::lock_guard lock(feed_.mutex_);
    --feed_.waiting_;
    const auto here = feed_.by_address_.find(address_);
    if (--here->second == 0) feed_.by_address_.erase(here);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  bool is_free() const { return is_free_; }

 private:
  Feed& feed_;
  const std::string address_;
  bool is_free_ = false;
};

Feed::Feed(const Marketplace& market)
    : market_(market), watch_(market.store.watch([this](const Touches&) {
        {
          const std::lock_guard lock(mutex_);
          ++changes_;
        }
        changed_.notify_all();
      })) {}

int Feed::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

void Feed::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

Result<wire::FeedListing> Feed::page(const Caller& caller, std::int64_t after,
                                     std::uint32_t limit) const {
  return market_.read([&](const Records& records) {
    wire::FeedListing page;
    page.sequence = after;
    // One more tells whether there are more.
    const auto entries = records.log().entries({after, std::nullopt, kMaxLooked + 1});
    if (entries.empty()) {
      const std::int64_t newest = records.log().newest();
      if (after > newest) return lost_history(newest, market_.now());
    }
    for (const LogEntry& e : entries) {
      page.has_more = page.entries.size() == limit || &e - entries.data() == kMaxLooked;
      if (page.has_more) break;
      page.sequence = e.seq;
      const std::string_view kind = feed_kind(e.action);
      if (kind.empty()) continue;
      wire::FeedEntryInfo info = entry_of(e, kind);
      if (is_for(caller, records, e, info)) page.entries.push_back(std::move(info));
    }
    return page;
  });
}

Result<Feed::Waited> Feed::wait_for_page(const Caller& caller, std::int64_t after,
                                         std::uint32_t limit, std::chrono::milliseconds at_most) {
  const Place place(*this, caller.address);
  if (!place.is_free()) {
    MKT_TRY(wire::FeedListing now, page(caller, after, limit));
    return Waited{std::move(now), false};
  }
  const auto end = std::chrono::steady_clock::now() + at_most;
  const LongWait long_wait;
  while (true) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = changes_;
    }
    MKT_TRY(wire::FeedListing found, page(caller, after, limit));
    if (!found.entries.empty()) return Waited{std::move(found)};
    if (std::exchange(after, found.sequence) != found.sequence && found.has_more) continue;
    {
      std::unique_lock lock(mutex_);
      const bool moved =
          changed_.wait_until(lock, end, [&] { return stopping_ || changes_ != seen; });
      if (!moved || stopping_) return Waited{std::move(found)};
    }
    // The token may have ended meanwhile, or the registry have been closed to who has none.
    if (!still_reads(market_, caller)) return Waited{std::move(found)};
  }
}

}  // namespace mkt
