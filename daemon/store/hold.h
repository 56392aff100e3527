// Hold: makes sure that what a change has read stays the same until the change commits.
//
// A change must hold everything that its decision depends on: shared, where it must not change;
// exclusive, where this change writes it. All changes take holds in one order of subjects, and by
// id within a subject, so no two changes wait for each other:
//
//   token → publisher → key → connector → version → tenant → tarball
//
// Owners are held with their connector; a tenant's policy, requests and installations with the
// tenant. SQLite makes one change at a time and ignores holds; a store with several writers would
// lock rows. The tests run every service on records that fail a change whose decision depends on
// something it does not hold (tests/unit/store/checking_store.h).
#pragma once

namespace mkt {

enum class Hold {
  none,  // in a read; in a change, for what is held already or is read again under a hold
  shared,
  exclusive,
  fixed,  // for data whose used part never changes
};

}  // namespace mkt
