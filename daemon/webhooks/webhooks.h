// Webhooks: telling a chat or a bot what happened.
//
// The audit log is what they tell of: each webhook has a cursor into it, kept in the store, that
// moves on when the receiver has answered 2xx. So everything is told at least once, in order, also
// after a restart; a receiver knows a repetition by `sequence`. One that does not answer is asked
// again, later and later, behind a circuit breaker of its own ("webhook:" and its name); one that
// refuses an event for good (a 4xx other than 408, 425 and 429) is told the next one after
// kMaxRefusals tries.
//
// An event is a POST of JSON, {event, sequence, at, actor, subject, detail, document, request}, with the
// headers Mkt-Webhook-Event, Mkt-Webhook-Sequence and
//
//   Mkt-Webhook-Signature: t=<Unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>" with the secret>
//
// One thread for each webhook, joined by the destructor, which ends a delivery under way within a
// second; requests never wait for any of it.
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

namespace mkt {

struct Webhook {
  std::string url;
  std::string secret;
  std::vector<std::string> events = {"request.*"};  // actions of the log; '*' stands for anything

  // usage_error, saying what is wrong, never the secret.
  Status check() const;
  // What the store and the log call it: the URL may hold a secret of its own. Made of the URL and
  // the events, since one receiver may be told of several kinds, each with a cursor of its own.
  std::string name() const;
};

// How long it waits: between looks at the log; after a failure at first, then twice as long each
// time, up to five minutes; and with a receiver that its breaker leaves alone.
struct WebhookPauses {
  std::chrono::milliseconds look{300};
  std::chrono::milliseconds retry{1000};
  std::chrono::milliseconds open{30'000};
};

class Webhooks {
 public:
  static constexpr int kMaxRefusals = 12;

  Webhooks(const Marketplace& market, std::vector<Webhook> webhooks, WebhookPauses pauses = {},
           BreakerRegistry& breakers = process_breakers());
  ~Webhooks();
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

 private:
  void work(const Webhook& webhook);
  bool stopping() const { return stop_.stop_requested(); }
  // False once the daemon stops.
  bool pause(std::chrono::milliseconds time) const;
  RetryPolicy retry_policy(const Webhook& webhook, const LogEntry& entry,
                           const int& refusals) const;
  bool deliver(const ResilientExecutor& receiver, const Webhook& webhook, const LogEntry& entry);

  const Marketplace& market_;
  const std::vector<Webhook> webhooks_;
  const WebhookPauses pauses_;
  BreakerRegistry& breakers_;
  std::stop_source stop_;
  std::vector<std::thread> threads_;
};

}  // namespace mkt
