#include "daemon/service/first_answers.h"

namespace mkt {
namespace {

constexpr std::uint32_t kRemovedTogether = 500;

}  // namespace

Result<std::optional<FirstAnswer>> find_first_answer(const Marketplace& market,
                                                     const IdempotencyKey& key) {
  return market.read([&](const Records& records) {
    return records.spent_keys().find(key.scope, key.key, key.at);
  });
}

Result<std::size_t> count_live_keys(const Marketplace& market, const IdempotencyKey& key) {
  return market.read(
      [&](const Records& records) { return records.spent_keys().live(key.scope, key.at); });
}

Status keep_first_answer(const Marketplace& market, const IdempotencyKey& key,
                         const FirstAnswer& answer) {
  return market.change(kSystem, market.now(), Touches::nothing(), [&](Change& change) -> Status {
    change.records().spent_keys().keep(key, answer);
    return {};
  });
}

Result<std::size_t> remove_expired_answers(const Marketplace& market, UtcTime now) {
  return market.change(kSystem, now, Touches::nothing(), [&](Change& change) {
    return change.records().spent_keys().remove_expired(now, kRemovedTogether);
  });
}

}  // namespace mkt
