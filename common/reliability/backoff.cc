#include "common/reliability/backoff.h"

#include <algorithm>
#include <cmath>

namespace mkt {

std::chrono::milliseconds Backoff::delay(int retry, double random) const {
  const auto most = static_cast<double>(longest.count());
  // pow() may overflow to infinity, which is above the longest delay; min() corrects it.
  const double grown =
      std::min(most, static_cast<double>(first.count()) * std::pow(factor, std::max(retry, 0)));
  const double low = full_jitter ? 0 : grown * (1 - jitter);
  const double high = full_jitter ? grown : std::min(most, grown * (1 + jitter));
  return std::chrono::milliseconds(std::llround(low + (high - low) * random));
}

}  // namespace mkt
