// The lease protocol of several daemons, in all orders of its steps.
//
// A model: up to three daemons, a few revocations, and time without end. Each step of a renewal
// (sent, the row written, the log's head read, received) and of following the log (an entry
// applied, the row told of it) may come at any time, or never: so daemons hang, start late, crash,
// and lose answers. The rules are the product's (lease.h). Times are kept from now, and no further
// than they matter, so that there are few states and the search goes through all of them.
#include "daemon/store/cluster/lease.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <unordered_set>
#include <vector>

namespace mkt {
namespace {

// Which part of the protocol a model leaves out, to see that the model would notice.
enum class Without { nothing, counting, time_before_sending, waiting_for_hung, head_after_row };

struct ModelDaemon {
  unsigned memory = 0;       // the newest number in it, plus one; 0: not loaded
  unsigned row_applied = 0;  // of its row in the database
  unsigned row_until = 0;    // ticks from now
  unsigned sent = 0;         // a renewal on its way: ticks since it was sent, plus one; 0: none
  unsigned executed = 0;     // 1: one half is carried out, 2: both: the row has the new time,
  unsigned head = 0;         // and then this is the log's newest number
  unsigned lease_end = 0;    // ticks from now
  unsigned next_end = 0;     // the same of a renewal that does not count yet,
  unsigned next_head = 0;    // but will from this number on

  std::uint64_t packed() const {
    std::uint64_t bits = executed;
    for (const unsigned part :
         {memory, row_applied, row_until, sent, head, lease_end, next_end, next_head}) {
      bits = bits << 2 | part;
    }
    return bits;
  }
};

struct Model {
  std::vector<ModelDaemon> daemons;
  unsigned newest = 0;    // number in the log
  unsigned answered = 0;  // revocations up to this one were answered

  // Which daemon is which does not matter.
  std::uint64_t packed() const {
    std::array<std::uint64_t, 3> parts{};
    for (std::size_t i = 0; i < daemons.size(); ++i) parts[i] = daemons[i].packed();
    std::sort(parts.begin(), parts.end());
    std::uint64_t bits = newest << 2 | answered;
    for (const std::uint64_t part : parts) bits = bits << 18 | part;
    return bits;
  }
};

class Explorer {
 public:
  // The length of a lease in ticks; at most 2, as for revocations.
  Explorer(std::size_t daemons, unsigned length, unsigned revocations, Without without)
      : length_(length), revocations_(revocations), without_(without) {
    visit(Model{std::vector<ModelDaemon>(daemons)});
  }

  // Whether a daemon can answer from a memory that misses a revocation that was answered.
  bool finds_stale_answer() {
    while (!open_.empty()) {
      const Model at = std::move(open_.back());
      open_.pop_back();
      for (const ModelDaemon& d : at.daemons) {
        if (d.memory > 0 && d.memory - 1 < at.answered && may_answer(d)) return true;
      }
      step_world(at);
      for (std::size_t i = 0; i < at.daemons.size(); ++i) step_daemon(at, i);
    }
    return false;
  }

 private:
  void visit(Model model) {
    if (seen_.insert(model.packed()).second) open_.push_back(std::move(model));
  }

  // By the product's rules, with now as 0.
  bool may_answer(const ModelDaemon& d) const {
    Lease lease;
    lease.renew(0, d.lease_end, 0);
    lease.holds(0, 0);
    lease.renew(0, d.next_end, without_ == Without::counting ? 0 : d.next_head);
    return lease.holds(0, d.memory - 1);
  }

  void step_world(const Model& at) {
    Model later = at;
    for (ModelDaemon& d : later.daemons) {
      for (unsigned* time : {&d.row_until, &d.lease_end, &d.next_end}) *time -= *time > 0 ? 1 : 0;
      if (d.sent > 0) d.sent = std::min(d.sent + 1, length_ + 1);  // longer ago is as long
      if (d.next_end == 0) d.next_head = 0;
    }
    visit(later);
    if (at.newest < revocations_) {
      Model next = at;
      ++next.newest;
      visit(next);
    }
    const bool passes = std::ranges::all_of(at.daemons, [&](const ModelDaemon& d) {
      return DaemonRow{d.row_applied, d.row_until}.lets_pass(at.answered + 1, 0);
    });
    if (at.answered < at.newest && (passes || without_ == Without::waiting_for_hung)) {
      Model next = at;
      ++next.answered;
      visit(next);
    }
  }

  void step_daemon(const Model& at, std::size_t i) {
    const ModelDaemon& d = at.daemons[i];
    const auto step = [&](auto change) {
      Model next = at;
      ModelDaemon& n = next.daemons[i];
      change(n);
      if (n.memory > 0 && n.next_end > 0 && n.next_head < n.memory) {  // it counts now
        n.lease_end = std::max(n.lease_end, n.next_end);
        n.next_end = n.next_head = 0;
      }
      visit(std::move(next));
    };
    if (d.memory == 0) {
      step([&](ModelDaemon& n) { n.memory = at.newest + 1; });  // loads a snapshot
    } else {
      step([&](ModelDaemon& n) {  // crashes and starts anew; its row stays
        n.memory = n.sent = n.executed = n.head = n.lease_end = n.next_end = n.next_head = 0;
      });
      if (d.memory <= at.newest) step([](ModelDaemon& n) { ++n.memory; });
      step([](ModelDaemon& n) { n.row_applied = n.memory - 1; });
    }
    if (d.sent == 0) {
      step([](ModelDaemon& n) { n.sent = 1; });
    } else if (d.executed < 2) {
      const bool row_first = without_ != Without::head_after_row;
      step([&](ModelDaemon& n) {
        if ((d.executed == 0) == row_first) n.row_until = length_;
        if ((d.executed == 0) != row_first) n.head = at.newest;
        ++n.executed;
      });
    } else {
      step([&](ModelDaemon& n) {
        const unsigned since = without_ == Without::time_before_sending ? 0 : n.sent - 1;
        n.next_end = length_ - since;
        n.next_head = n.next_end == 0 ? 0 : n.head;
        n.sent = n.executed = n.head = 0;
      });
    }
  }

  unsigned length_;
  unsigned revocations_;
  Without without_;
  std::unordered_set<std::uint64_t> seen_;
  std::vector<Model> open_;
};

TEST_CASE("no daemon answers from a memory that misses an answered revocation") {
  CHECK_FALSE(Explorer(1, 2, 2, Without::nothing).finds_stale_answer());
  CHECK_FALSE(Explorer(2, 2, 2, Without::nothing).finds_stale_answer());
  CHECK_FALSE(Explorer(3, 1, 1, Without::nothing).finds_stale_answer());
}

TEST_CASE("each part of the protocol is needed") {
  for (const Without part : {Without::counting, Without::time_before_sending,
                             Without::waiting_for_hung, Without::head_after_row}) {
    CAPTURE(static_cast<int>(part));
    CHECK(Explorer(1, 2, 2, part).finds_stale_answer());
  }
}

}  // namespace
}  // namespace mkt
