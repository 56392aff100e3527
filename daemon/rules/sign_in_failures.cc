#include "daemon/rules/sign_in_failures.h"

#include <algorithm>
#include <utility>

namespace mkt {
namespace {

void count(SignInFailure& failure, std::string_view token_id, UtcTime at) {
  if (failure.count++ == 0) failure.since = at;
  // What names a token says more than what follows it.
  if (failure.token_id.empty()) failure.token_id = token_id;
}

bool is_over(UtcTime window, UtcTime now) {
  return now - window >= SignInFailures::kTogether || now < window;
}

}  // namespace

void SignInFailures::add(std::string_view address, std::string_view token_id, UtcTime at) {
  auto known = by_address_.find(address);
  if (known == by_address_.end() && by_address_.size() < kAddresses) {
    // A window that is over: the first failure is told at once.
    known = by_address_.emplace(std::string(address), Told{{}, at - kTogether}).first;
    known->second.failure.address = address;
  }
  count(known == by_address_.end() ? others_ : known->second.failure, token_id, at);
}

std::vector<SignInFailure> SignInFailures::take(UtcTime now, bool all) {
  std::vector<SignInFailure> told;
  const auto tell = [&told](SignInFailure& failure) {
    const std::string address = failure.address;
    told.push_back(std::exchange(failure, {address, "", 0, {}}));
  };
  for (auto it = by_address_.begin(); it != by_address_.end();) {
    Told& t = it->second;
    if (!all && !is_over(t.window, now)) {
      ++it;
    } else if (t.failure.count > 0) {
      tell(t.failure);
      t.window = now;
      ++it;
    } else {
      it = by_address_.erase(it);
    }
  }
  if (others_.count > 0 && (all || is_over(others_.since, now))) tell(others_);
  return told;
}

bool SignInFailures::waits() const {
  return others_.count > 0 ||
         std::any_of(by_address_.begin(), by_address_.end(),
                     [](const auto& entry) { return entry.second.failure.count > 0; });
}

}  // namespace mkt
