#include "daemon/limits/counted_ledger.h"

#include <algorithm>
#include <utility>

namespace mkt {
namespace {

std::string name_of(const LimitKey& key) {
  return std::string(limit_scope_name(key.scope)) + ":" + key.subject;
}

// True where Redis counts both in the same key.
bool same_form(const Limit& a, const Limit& b) {
  const bool log = a.requests <= LimitStore::kMaxLogged;
  return log == (b.requests <= LimitStore::kMaxLogged) && (log || a.window == b.window);
}

bool is_past(const CountedPart& part, const Limit& limit, CountedLedger::TimePoint now) {
  return now - part.last >= limit.window;
}

}  // namespace

void CountedLedger::age(const Limit& limit, TimePoint now) {
  longest_ = std::max(longest_, limit.window);
  if (now - young_since_ <= longest_ && young_.parts < most_parts_ / 2) return;
  old_ = now - young_since_ <= 2 * longest_ ? std::exchange(young_, {}) : Generation();
  young_ = {};
  young_since_ = now;
}

CountedKey& CountedLedger::find(const LimitKey& key, const Limit& limit, TimePoint now) {
  age(limit, now);
  const std::string name = name_of(key);
  auto found = young_.keys.find(name);
  if (found == young_.keys.end()) {
    if (auto node = old_.keys.extract(name)) {
      old_.parts -= node.mapped().parts.size();
      young_.parts += node.mapped().parts.size();
      found = young_.keys.insert(std::move(node)).position;
    } else {
      found = young_.keys.emplace(name, CountedKey{key, limit, {}}).first;
    }
  }
  return found->second;
}

void CountedLedger::count(const LimitKey& key, const Limit& limit, std::uint64_t part,
                          TimePoint at) {
  const std::lock_guard lock(mutex_);
  CountedKey& counted = find(key, limit, at);
  std::vector<CountedPart>& parts = counted.parts;
  young_.parts -= parts.size();
  if (!same_form(counted.limit, limit)) parts.clear();
  counted.limit = limit;
  if (!parts.empty() && is_past(parts.front(), limit, at)) {
    std::erase_if(parts, [&](const CountedPart& p) { return is_past(p, limit, at); });
  }
  // Two threads may arrive in the wrong order at the beginning of a slice.
  const auto same = std::find_if(parts.rbegin(), parts.rend(),
                                 [&](const CountedPart& p) { return p.number <= part; });
  if (same != parts.rend() && same->number == part) {
    ++same->count;
    same->last = std::max(same->last, at);
  } else {
    parts.insert(same.base(), {part, 1, at});
  }
  young_.parts += parts.size();
}

void CountedLedger::forget(const LimitKey& key) {
  const std::lock_guard lock(mutex_);
  for (Generation* generation : {&young_, &old_}) {
    if (const auto node = generation->keys.extract(name_of(key))) {
      generation->parts -= node.mapped().parts.size();
    }
  }
}

std::vector<CountedKey> CountedLedger::in_window(TimePoint now) const {
  const std::lock_guard lock(mutex_);
  std::vector<CountedKey> all;
  for (const Generation* generation : {&young_, &old_}) {
    for (const auto& [name, counted] : generation->keys) {
      CountedKey kept{counted.key, counted.limit, {}};
      std::copy_if(
          counted.parts.begin(), counted.parts.end(), std::back_inserter(kept.parts),
          [&, &limit = counted.limit](const CountedPart& p) { return !is_past(p, limit, now); });
      if (!kept.parts.empty()) all.push_back(std::move(kept));
    }
  }
  return all;
}

}  // namespace mkt
