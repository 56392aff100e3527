// Webhooks: tells a chat or a bot what happened.
//
// Webhooks send entries of the audit log. Each webhook has a cursor into the log, kept in the
// store, which moves on when the receiver has answered 2xx. So every entry is sent at least once,
// in order, also after a restart; a receiver recognizes a repetition by `sequence`. A receiver that
// does not answer is asked again, later and later, behind a circuit breaker of its own ("webhook:"
// and its name). If it finally refuses an event (a 4xx other than 408, 425 and 429), it gets the
// next one after kMaxRefusals tries.
//
// An event is a POST of JSON, {event, sequence, at, actor, subject, detail, document, request},
// with the headers Mkt-Webhook-Event, Mkt-Webhook-Sequence and
//
//   Mkt-Webhook-Signature: t=<Unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>" with the secret>
//
// Where the request that made the entry belongs to a trace (common/base/trace_context.h), the event
// does, too, as a child of that request: it has `traceparent`, and the caller's `tracestate`. This
// is so while the daemon that took the request has it in memory (service/recent_traces.h).
//
// Where several daemons share a store, one of them at a time serves a webhook: it has the job
// "webhook:" and the name (store/jobs.h). When the job changes hands, the last event may be sent by
// both.
//
// Each webhook has one thread. The destructor joins them and ends a delivery in progress within a
// second. Requests never wait for any of this.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "common/http/http_client.h"
#include "common/reliability/breaker_registry.h"
#include "common/reliability/resilient_executor.h"
#include "daemon/service/marketplace.h"
#include "daemon/service/recent_traces.h"

namespace mkt {

struct Webhook {
  std::string url;
  std::string secret;
  std::vector<std::string> events = {"request.*"};  // actions of the log; '*' matches any text

  // usage_error, with the problem but never the secret.
  Status check() const;
  // The name in the store and the log, as the URL may contain a secret. It is made of the URL and
  // the events, so one receiver may have several webhooks, each with a cursor of its own.
  std::string name() const;
};

// How long a webhook waits: between looks at the log; after the first failure, then twice as long
// each time, up to five minutes; and while its breaker is open.
struct WebhookPauses {
  std::chrono::milliseconds look{300};
  std::chrono::milliseconds retry{1000};
  std::chrono::milliseconds open{30'000};
};

class Webhooks {
 public:
  static constexpr int kMaxRefusals = 12;

  Webhooks(const Marketplace& market, std::vector<Webhook> webhooks, WebhookPauses pauses = {},
           BreakerRegistry& breakers = process_breakers(), const RecentTraces* traces = nullptr);
  ~Webhooks();
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

 private:
  struct Turn;
  void work(const Webhook& webhook);
  void serve(const Webhook& webhook, const Turn& turn);
  bool stopping() const { return stop_.stop_requested(); }
  // False when the daemon stops.
  bool pause(std::chrono::milliseconds time) const;
  RetryPolicy retry_policy(const Webhook& webhook, const LogEntry& entry, const Turn& turn,
                           const int& refusals) const;
  bool deliver(const Webhook& webhook, const LogEntry& entry, const Turn& turn) const;

  const Marketplace& market_;
  const std::vector<Webhook> webhooks_;
  const WebhookPauses pauses_;
  BreakerRegistry& breakers_;
  const RecentTraces* const traces_;
  std::stop_source stop_;
  std::vector<std::thread> threads_;
};

}  // namespace mkt
