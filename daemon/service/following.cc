#include "daemon/service/following.h"

namespace mkt {

bool has_heard_of(const Marketplace& market, std::int64_t entry) {
  const LogPosition* position = market.store.log_position();
  return position == nullptr || entry <= position->told();
}

void wait_to_hear_of(const Marketplace& market, std::int64_t entry,
                     std::chrono::milliseconds at_most) {
  if (has_heard_of(market, entry)) return;
  market.store.log_position()->wait_until_told(entry, at_most);
}

std::optional<std::int64_t> newest_known(const Marketplace& market) {
  const LogPosition* position = market.store.log_position();
  return position == nullptr ? std::nullopt : std::optional(position->newest());
}

std::optional<std::int64_t> newest_in_log(const Marketplace& market) {
  const auto newest = market.read([](const Records& records) { return records.log().newest(); });
  return newest ? std::optional(*newest) : std::nullopt;
}

}  // namespace mkt
