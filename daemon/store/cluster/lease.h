// Lease: how long a daemon may answer from memory, where several daemons share a database.
//
// Each daemon keeps views of the records in memory: keys, tokens, answers. Whoever revokes
// something waits until each daemon has applied the revocation, or may not answer from memory any
// more. So a daemon asks the database for leases, and answers from memory only while one holds:
//
//   renewal    UPDATE daemons SET until = clock_timestamp() + length …; and when that is done, the
//              log's newest number is read. The daemon counts its lease from *before* it sent this,
//              on its own monotonic clock, so that its end never lies after the database's, whatever
//              the clocks show.
//   counting   A lease, first or renewed, counts once the daemon has applied the number that came
//              with it. Else a daemon that starts, or comes back after its lease ran out, would
//              answer from a memory that misses a revocation for which nobody waited.
//   revoking   is answered when no daemon has `applied` below it and `until` in the future.
//
// tests/unit/store/cluster/lease_model_test.cc goes through all orders of these steps. Times are
// milliseconds on one monotonic clock. A value; not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>

namespace mkt {

class Lease {
 public:
  // `head`: the log's newest number, as the renewal returned it.
  void renew(std::int64_t sent_at, std::int64_t length, std::int64_t head) {
    next_end_ = sent_at + length;
    next_head_ = head;
  }

  // Until when this daemon may answer from memory. `applied`: the newest number that it has seen.
  std::int64_t end(std::int64_t applied) {
    if (applied >= next_head_) end_ = std::max(end_, next_end_);
    return end_;
  }
  bool holds(std::int64_t now, std::int64_t applied) { return now < end(applied); }

 private:
  std::int64_t end_ = 0;
  std::int64_t next_end_ = 0;   // of the newest renewal,
  std::int64_t next_head_ = 0;  // which counts from this number on
};

// What the row of a daemon says: whether a revocation with this number is answered without waiting
// for it.
struct DaemonRow {
  std::int64_t applied = 0;
  std::int64_t until = 0;

  bool lets_pass(std::int64_t number, std::int64_t now) const {
    return applied >= number || until <= now;
  }
};

}  // namespace mkt
