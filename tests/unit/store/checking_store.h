// CheckingStore: a store that fails a change which decides by what it does not hold (hold.h).
//
// It hands on to another store and watches the reads and holds of each change. Holds must be taken
// in the order of subjects, by id within one. Whatever a change that writes has read must be held
// when it ends, unless it was read as `fixed`: reading first and holding later is how a change
// finds out what to hold, and what it decided by before it must look at again. A connector that is
// held exclusive holds its owners and versions too.
#pragma once

#include <functional>
#include <utility>

#include "daemon/store/store.h"

namespace mkt {

class CheckingStore : public Store {
 public:
  // `pause`, where there is one, is called after each read of a change: it lets others run there.
  explicit CheckingStore(Store& store, std::function<void()> pause = {})
      : store_(store), pause_(std::move(pause)) {}

  Status read(const std::function<Status(const Records&)>& look) override {
    return store_.read(look);
  }
  // internal_error, naming what was not held or came out of order.
  Result<EntryNumbers> change(const Touches& touches,
                              const std::function<Status(Records&)>& decide) override;
  Watch watch(std::function<void(const Touches&)> told) override {
    return store_.watch(std::move(told));
  }

 private:
  Store& store_;
  const std::function<void()> pause_;
};

}  // namespace mkt
