// KeyListView: all publisher keys, as everybody is told them, from memory while no key changes and
// none expires. Bodies larger than kMaxBytes are made anew each time. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "common/base/result.h"
#include "common/base/utc_time.h"
#include "daemon/store/store.h"

namespace mkt {

class KeyListView {
 public:
  static constexpr std::size_t kMaxBytes = 8 * 1024 * 1024;

  struct Listing {
    std::int64_t sequence = -1;
    std::size_t expired = 0;                       // keys that read so
    UtcTime until = {};                            // when the next one will
    std::shared_ptr<const std::string> body = {};  // null where it is too large to be kept
  };
  using Render = std::function<std::string(const KeyList& keys, UtcTime now)>;

  explicit KeyListView(Store& store) : store_(store) {}

  // With its body. `render` makes that, where it is not kept.
  Result<Listing> whole(UtcTime now, const Render& render) const;
  // The same, perhaps without its body.
  Result<Listing> known(UtcTime now, const Render& render) const;

  void touched(const Touches& touches);

 private:
  std::optional<Listing> kept(UtcTime now) const;

  Store& store_;
  mutable std::mutex mutex_;
  std::uint64_t generation_ = 0;  // guarded by mutex_; of the keys
  mutable Listing listing_;       // guarded by mutex_; sequence -1 for none
};

}  // namespace mkt
