// Views: the parts of the store that are kept in memory; they follow the store's feed.
//
// They hear of every commit before the change returns to its caller, so every later answer of a
// view contains the change; beside other daemons, while the store's lease holds (memory_lease.h).
// Thread-safe. Must not outlive the store.
#pragma once

#include "daemon/store/store.h"
#include "daemon/views/change_clock.h"
#include "daemon/views/key_list.h"
#include "daemon/views/search.h"
#include "daemon/views/token_view.h"

namespace mkt {

struct Views {
  explicit Views(Store& store)
      : clock(store.memory_lease()),
        search(store),
        tokens(store),
        keys(store),
        watch_(store.watch([this](const Touches& t) {
          search.touched(t);
          tokens.touched(t);
          keys.touched(t);
          clock.move(t);  // last: who sees the new time also sees the other views updated
        })) {}
  Views(const Views&) = delete;
  Views& operator=(const Views&) = delete;

  ChangeClock clock;
  SearchView search;
  TokenView tokens;
  KeyListView keys;

 private:
  Watch watch_;  // last: it must end before the members that it calls
};

}  // namespace mkt
