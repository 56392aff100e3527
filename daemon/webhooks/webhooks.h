// Webhooks: telling a chat or a bot what happened.
//
// The audit log is what they tell of: each webhook has a cursor into it, kept in the store, that
// moves on when the receiver has answered 2xx. So everything is told at least once, in order, also
// after a restart; a receiver knows a repetition by `sequence`. One that does not answer is asked
// again, later and later; one that refuses an event for good (a 4xx other than 408, 425 and 429) is
// told the next one after kMaxRefusals tries.
//
// An event is a POST of JSON, {event, sequence, at, actor, subject, detail, request}, with the
// headers Mkt-Webhook-Event, Mkt-Webhook-Sequence and
//
//   Mkt-Webhook-Signature: t=<Unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>" with the secret>
//
// One thread for each webhook, joined by the destructor, which ends a delivery under way within a
// second; requests never wait for any of it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/http/http_client.h"
#include "daemon/store/store.h"

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

// How long it waits: between looks at the log, and after a failure at first; then twice as long
// each time, up to five minutes.
struct WebhookPauses {
  std::chrono::milliseconds look{300};
  std::chrono::milliseconds retry{1000};
};

class Webhooks {
 public:
  static constexpr int kMaxRefusals = 12;

  Webhooks(Store& store, std::vector<Webhook> webhooks, WebhookPauses pauses = {});
  ~Webhooks();
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

 private:
  void work(const Webhook& webhook);
  bool stopping();
  // False once the daemon stops.
  bool pause(std::chrono::milliseconds time);
  Result<HttpResponse> send(HttpClient& client, const Webhook& webhook, const LogEntry& entry);
  bool deliver(const Webhook& webhook, const LogEntry& entry);

  Store& store_;
  const std::vector<Webhook> webhooks_;
  const WebhookPauses pauses_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace mkt
