#include "daemon/views/key_list.h"

#include <algorithm>
#include <optional>

#include "daemon/rules/key_rules.h"

namespace mkt {

void KeyListView::touched(const Touches& touches) {
  if (!touches.keys && !touches.everything) return;
  const std::lock_guard lock(mutex_);
  ++generation_;
  listing_ = {};
}

std::optional<KeyListView::Listing> KeyListView::kept(UtcTime now) const {
  const MemoryLease* lease = store_.memory_lease();
  if (lease != nullptr && !lease->holds()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (listing_.sequence < 0 || listing_.until <= now) return std::nullopt;
  return listing_;
}

Result<KeyListView::Listing> KeyListView::known(UtcTime now, const Render& render) const {
  if (auto listing = kept(now)) return std::move(*listing);
  return whole(now, render);
}

Result<KeyListView::Listing> KeyListView::whole(UtcTime now, const Render& render) const {
  if (auto listing = kept(now); listing && listing->body) return std::move(*listing);
  const std::uint64_t generation = [this] {
    const std::lock_guard lock(mutex_);
    return generation_;
  }();
  MKT_TRY(const KeyList keys, read_from(store_, [](const Records& records) {
            return records.keys().changed_since(0);
          }));
  Listing listing{keys.sequence, 0, UtcTime::max(), nullptr};
  for (const KeyRecord& key : keys.keys) {
    if (is_expired(key, now)) {
      ++listing.expired;
    } else if (key.status == KeyStatus::active && key.expires_at) {
      listing.until = std::min(listing.until, *key.expires_at);
    }
  }
  listing.body = std::make_shared<const std::string>(render(keys, now));
  const std::lock_guard lock(mutex_);
  if (generation == generation_) {
    listing_ = listing;
    if (listing.body->size() > kMaxBytes) listing_.body.reset();
  }
  return listing;
}

}  // namespace mkt
