#include "daemon/http/min_sequence.h"

#include <algorithm>
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

void tell_sequence(const Marketplace& market, const Request& request, Response& response) {
  const std::string& method = request.head.method;
  const bool reads = method == "GET" || method == "HEAD";
  if (!market.is_shared() || reads || !request.caller.signed_in()) return;
  if (response.status / 100 != 2) return;
  // The change itself was perhaps made by another daemon.
  const bool is_replay =
      std::any_of(response.headers.begin(), response.headers.end(),
                  [](const auto& field) { return field.first == "X-Idempotency-Replayed"; });
  const auto newest = is_replay ? newest_in_log(market) : newest_known(market);
  if (newest) response.headers.emplace_back("Mkt-Sequence", std::to_string(*newest));
}

}  // namespace mkt
