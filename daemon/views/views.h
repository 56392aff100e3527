// Views: what is kept in memory of the store, and follows its feed.
//
// Told of every commit before whoever asked for it is: what a view answers after that has the
// change in it. Thread-safe. Must not outlive the store.
#pragma once

#include "daemon/store/store.h"
#include "daemon/views/change_clock.h"
#include "daemon/views/key_list.h"
#include "daemon/views/search.h"
#include "daemon/views/token_view.h"

namespace mkt {

struct Views {
  explicit Views(Store& store)
      : search(store), tokens(store), keys(store), watch_(store.watch([this](const Touches& t) {
          search.touched(t);
          tokens.touched(t);
          keys.touched(t);
          clock.move(t);  // last: who sees the new time sees the others told
        })) {}
  Views(const Views&) = delete;
  Views& operator=(const Views&) = delete;

  ChangeClock clock;
  SearchView search;
  TokenView tokens;
  KeyListView keys;

 private:
  Watch watch_;  // last: it ends before what it tells
};

}  // namespace mkt
