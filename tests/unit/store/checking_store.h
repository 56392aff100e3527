// CheckingStore: a store that fails a change whose decision depends on something not held (hold.h).
//
// It forwards to another store and watches the reads and holds of each change. Holds must be taken
// in the order of subjects, and by id within a subject. Everything that a writing change has read
// must be held when it ends, unless it was read as `fixed`. A change may read first and hold later,
// to find out what to hold, but must then read again what it decides by. A connector held
// exclusively also holds its owners and versions.
#pragma once

#include <functional>
#include <utility>

#include "daemon/store/store.h"

namespace mkt {

class CheckingStore : public Store {
 public:
  // `pause` is called after each read of a change, so that others can run there; it may be empty.
  explicit CheckingStore(Store& store, std::function<void()> pause = {})
      : store_(store), pause_(std::move(pause)) {}

  Status read(const std::function<Status(const Records&)>& look) override {
    return store_.read(look);
  }
  // internal_error, with what was not held or came out of order.
  Result<EntryNumbers> change(const Touches& touches,
                              const std::function<Status(Records&)>& decide) override;
  Watch watch(std::function<void(const Touches&)> told) override {
    return store_.watch(std::move(told));
  }
  Jobs& jobs() override { return store_.jobs(); }

 private:
  Store& store_;
  const std::function<void()> pause_;
};

}  // namespace mkt
