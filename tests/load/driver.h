// drive: sends a load to a registry over real HTTP and measures what comes back.
//
// One thread, libcurl's multi interface on an epoll of our own: some 20,000 requests a second for a
// core, so that on two cores the registry under test keeps one and more for itself. Connections are
// kept alive; Nagle's algorithm is off.
//
// Closed loop (rate 0): each connection sends its next request when the last is answered, as fast
// as the registry lets it. Open loop: a request is due every 1/rate seconds whatever became of
// those before it; one that finds all connections busy waits, and its latency counts from when it
// was due.
//
// Bounded: no request is begun after `duration` or `requests`, those under way get kGrace, and what
// was due and could not be sent by then counts as failed.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/http_client.h"
#include "tests/load/measurement.h"

namespace mkt::load {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Call {
  std::size_t operation = 0;  // of Load::operations
  HttpRequest request{};      // its url is the path alone; a body is a text
  std::size_t tag = 0;        // whatever the scenario wants to find again in the answer
};

struct Reply {
  int status = 0;            // 0: none came
  std::string_view body;     // valid during `judge`
  std::string_view failure;  // why none came
  SteadyTime due, sent, received;
};

// 2xx is answered, all else failed: who expects a 429 or a 409 says so with a judge of his own.
Outcome judge_strictly(const Call& call, const Reply& reply);
// The same, but 429 and 503 are refused.
Outcome judge_refusals(const Call& call, const Reply& reply);

// All of them, in this order.
std::function<std::optional<Call>()> in_turn(std::vector<Call> calls);

struct Load {
  static constexpr std::chrono::seconds kGrace{10};

  std::string name;
  std::vector<std::string> operations;
  // The next request; nullopt when there are no more.
  std::function<std::optional<Call>()> next;
  std::function<Outcome(const Call&, const Reply&)> judge = judge_strictly;
  std::size_t connections = 32;
  double rate = 0;  // requests a second; 0: closed loop
  std::chrono::milliseconds duration{10'000};
  std::size_t requests = 10'000'000;
  // Called about once a second with the time since the start, from the driving thread: quick.
  std::function<void(Histogram::Duration)> every_second{};
};

// Throws std::runtime_error where the machine gives no sockets or handles.
Measurement drive(const std::string& url, Load load);

}  // namespace mkt::load
