#include "daemon/http/min_sequence.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/text.h"
#include "daemon/service/following.h"

namespace mkt {
namespace {

constexpr std::chrono::milliseconds kLongestFollow{250};

// 0 where nothing was asked.
std::int64_t wanted_sequence(const RequestHead& head) {
  return parse_natural(head.header("mkt-min-sequence")).value_or(0);
}

}  // namespace

bool is_behind(const Marketplace& market, const RequestHead& head) {
  return market.is_shared() && !has_heard_of(market, wanted_sequence(head));
}

void catch_up(const Marketplace& market, const RequestHead& head) {
  if (market.is_shared()) wait_to_hear_of(market, wanted_sequence(head), kLongestFollow);
}

void tell_sequence(const Marketplace& market, const RequestHead& head, Response& response) {
  if (head.method == "GET" || head.method == "HEAD" || response.status / 100 != 2) return;
  if (const auto newest = newest_known(market)) {
    response.headers.emplace_back("Mkt-Sequence", std::to_string(*newest));
  }
}

}  // namespace mkt
