// Hold: how a read inside a change keeps what it read from changing before the change commits.
//
// A change decides by what it reads, so it holds what it decides by: shared, when it only must not
// change; exclusive, when this change writes it. Holds are taken in one order of subjects, and by
// id within a subject, so that no two changes wait for each other:
//
//   token → publisher → key → connector → version → tenant
//
// Owners are held with their connector; a tenant's policy, requests and installations with the
// tenant. SQLite makes one change at a time and ignores holds; a store with several writers locks
// rows. Tests run every service on records that fail a change which decides by what it does not
// hold (tests/unit/store/checking_store.h).
#pragma once

namespace mkt {

enum class Hold {
  none,  // in a read; in a change, of what is held already or will be looked at again under a hold
  shared,
  exclusive,
  fixed,  // what is used of it never changes
};

}  // namespace mkt
