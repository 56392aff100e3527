// KeyListView: the list of all publisher keys. It stays in memory until a key changes or expires. A
// body larger than kMaxBytes is made anew each time. Thread-safe.
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
    std::size_t expired = 0;                       // keys with the status "expired"
    UtcTime until = {};                            // when the next key expires
    std::shared_ptr<const std::string> body = {};  // null where it is too large to keep
  };
  using Render = std::function<std::string(const KeyList& keys, UtcTime now)>;

  explicit KeyListView(Store& store) : store_(store) {}

  // With the body. Where the body is not kept, `render` makes it.
  Result<Listing> whole(UtcTime now, const Render& render) const;
  // The same, but the body may be missing.
  Result<Listing> known(UtcTime now, const Render& render) const;

  void touched(const Touches& touches);

 private:
  std::optional<Listing> kept(UtcTime now) const;

  Store& store_;
  mutable std::mutex mutex_;
  std::uint64_t generation_ = 0;  // guarded by mutex_; of the keys
  mutable Listing listing_;       // guarded by mutex_; sequence is -1 for none
};

}  // namespace mkt
