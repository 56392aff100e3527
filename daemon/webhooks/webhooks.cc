#include "daemon/webhooks/webhooks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "common/base/email_address.h"
#include "common/base/encoding.h"
#include "common/base/log.h"
#include "common/base/utf8.h"
#include "common/connector/checksum.h"
#include "common/http/http_client.h"
#include "common/signing/hmac.h"
#include "common/wire/policy.h"
#include "daemon/service/audit_log.h"
#include "daemon/service/installs.h"
#include "daemon/service/notices.h"
#include "daemon/service/record_messages.h"
#include "daemon/webhooks/webhook_bodies.h"

namespace mkt {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kDeliveryTimeout{10'000};
constexpr milliseconds kLastRetry{300'000};
constexpr std::uint32_t kEntriesAtOnce = 100;
// Entries of no interest move the cursor only in memory. It is stored from time to time, so a
// restart need not read all of them again.
constexpr std::int64_t kKeepCursorEvery = 1000;
constexpr std::size_t kNameDigits = 32;
constexpr std::size_t kMinSecretBytes = 16;
constexpr std::size_t kMaxSecretBytes = 256;

bool wants(const Webhook& webhook, const std::string& action) {
  return std::any_of(webhook.events.begin(), webhook.events.end(),
                     [&](const std::string& pattern) { return matches_pattern(pattern, action); });
}

Result<std::string> own_body(const Marketplace& market, const LogEntry& entry) {
  Json request;
  if (entry.action.starts_with("request.")) {
    MKT_TRY(const auto found, find_request(market, entry.subject));
    if (found) {
      auto asked = request_message(*found);
      asked.config = nullptr;  // belongs to the tenant, and may contain secrets
      request = asked.to_json();
    }
  }
  const wire::LogInfo message = log_message(entry);
  return dump_json({{"event", entry.action},
                    {"sequence", entry.seq},
                    {"at", format_utc(entry.at)},
                    {"actor", entry.actor.who},
                    {"subject", entry.subject},
                    {"detail", message.detail},
                    {"document", message.document},
                    {"request", request}});
}

// Empty where the event is not for the receiver.
Result<std::string> body_of(const Marketplace& market, const Webhook& webhook,
                            const LogEntry& entry) {
  if (webhook.format == "mkt") return own_body(market, entry);
  const WebhookNews news{entry.seq,    format_utc(entry.at), entry.actor.who,
                         entry.action, entry.subject,        log_message(entry).detail};
  if (webhook.format == "slack") return dump_json(slack_body(news));
  MKT_TRY(const auto concerned, concerned_by(market, entry));
  std::vector<std::string> to;
  for (const Concerned& c : concerned) {
    // Those who registered long ago were asked for an "@" alone.
    if (is_email_address(c.email)) to.push_back(mailbox(c.display_name, c.email));
  }
  if (to.empty()) return std::string();
  return dump_json(mail_body(news, to));
}

HttpRequest request_of(const Webhook& webhook, const LogEntry& entry, std::string body,
                       const std::optional<TraceContext>& trace) {
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(utc_now().time_since_epoch()).count();
  HttpRequest request;
  request.method = "POST";
  request.url = webhook.url;
  request.headers = {"Content-Type: application/json", "Mkt-Webhook-Event: " + entry.action,
                     fmt::format("Mkt-Webhook-Sequence: {}", entry.seq)};
  if (!webhook.secret.empty()) {
    request.headers.push_back(
        fmt::format("Mkt-Webhook-Signature: t={},v1={}", now,
                    hmac_sha256(webhook.secret, fmt::format("{}.{}", now, body))));
  }
  if (trace) {
    request.headers.push_back("traceparent: " + trace->traceparent(entry.actor.request_id));
    if (!trace->state.empty()) request.headers.push_back("tracestate: " + trace->state);
  }
  request.body = std::move(body);
  return request;
}

bool is_refusal(int status) {
  return status / 100 == 4 && status != 408 && status != 425 && status != 429;
}

// The outcome of one attempt. A refusal is the event's fault, everything else the receiver's.
Status outcome_of(const Result<HttpResponse>& response) {
  if (!response) return response.error();
  if (response->status / 100 == 2) return {};
  Error error(
      is_refusal(response->status) ? ErrorCode::invalid_request : ErrorCode::registry_unavailable,
      fmt::format("HTTP {}", response->status));
  // However long a pause it asks for, ours is never longer than this.
  if (response->retry_after) {
    error.retry_after = std::min<milliseconds>(*response->retry_after, kLastRetry);
  }
  return error;
}

BreakerOptions breaker_options(const WebhookPauses& pauses) {
  BreakerOptions options;
  options.open_for = pauses.open;
  options.longest_open = std::max(pauses.open, kLastRetry);
  options.successes = 1;
  return options;
}

// Of an entry that says that history was lost: the newest entry of before.
std::optional<std::int64_t> newest_before_loss(const LogEntry& entry) {
  if (entry.action != "history.lost") return std::nullopt;
  const auto document = parse_json(entry.document, "an entry's document");
  return document ? number_member(*document, "known") : std::nullopt;
}

LogFields fields_of(const Webhook& webhook, const LogEntry& entry, const Error& error) {
  return {{"webhook", webhook.name()},
          {"event", entry.action},
          {"sequence", entry.seq},
          {"reason", error.message}};
}

}  // namespace

std::string Webhook::name() const {
  std::vector<std::string> sorted = events;
  std::sort(sorted.begin(), sorted.end());
  return Checksum::of(as_bytes(fmt::format("{}\n{}", url, fmt::join(sorted, "\n"))))
      .hex()
      .substr(0, kNameDigits);
}

Status Webhook::check() const {
  const auto wrong = [](std::string what) {
    return Error(ErrorCode::usage_error, std::move(what));
  };
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return wrong("url must be one of http or https");
  }
  if (format != "mkt" && format != "slack" && format != "mail") {
    return wrong("format must be mkt, slack or mail");
  }
  // The address of a chat's webhook is its secret, and the chat checks no signature.
  const bool needs_secret = format != "slack" || !secret.empty();
  const bool plain = std::all_of(secret.begin(), secret.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("._~+/=-").find(c) != std::string_view::npos;
  });
  const bool fits = secret.size() >= kMinSecretBytes && secret.size() <= kMaxSecretBytes;
  if (needs_secret && (!plain || !fits)) {
    return wrong(
        fmt::format("secret must have {} to {} letters, digits or ._~+/=-; make one: "
                    "openssl rand -hex 32",
                    kMinSecretBytes, kMaxSecretBytes));
  }
  if (events.empty()) return wrong("events must name an action of the log, such as request.*");
  for (const std::string& pattern : events) {
    if (matches_some_action(pattern)) continue;
    return wrong(fmt::format(
        "events: \"{}\" is no action of the log, and matches none; mktd-data(5) lists them",
        printable(pattern)));
  }
  return {};
}

Webhooks::Webhooks(const Marketplace& market, std::vector<Webhook> webhooks, WebhookPauses pauses,
                   BreakerRegistry& breakers, const RecentTraces* traces)
    : market_(market),
      webhooks_(std::move(webhooks)),
      pauses_(pauses),
      breakers_(breakers),
      traces_(traces) {
  for (const Webhook& webhook : webhooks_) {
    // A new one is told of everything from here on; where this fails, from its first turn on.
    (void)webhook_cursor(market_, webhook.name());
    threads_.emplace_back([this, &webhook] { work(webhook); });
  }
}

Webhooks::~Webhooks() {
  stop_.request_stop();
  for (std::thread& thread : threads_) thread.join();
}

bool Webhooks::pause(milliseconds time) const {
  return system_clock().sleep(time, stop_.get_token());
}

// The time in which this daemon serves a webhook.
struct Webhooks::Turn {
  const std::string job;
  const JobLease& lease;
  const JobTerm term;
  const ResilientExecutor& receiver;

  bool is_over() const { return lease.term() != term; }
};

void Webhooks::work(const Webhook& webhook) {
  const std::string job = "webhook:" + webhook.name();
  const ResilientExecutor receiver(breakers_.get(job, breaker_options(pauses_)), {});
  const auto lease = market_.store.jobs().stand_for(job);
  while (pause(pauses_.look)) {
    if (const auto term = lease->term()) serve(webhook, {job, *lease, *term, receiver});
  }
}

// Until the daemon stops or its turn is over.
void Webhooks::serve(const Webhook& webhook, const Turn& turn) {
  const std::string name = webhook.name();
  const auto cursor = webhook_cursor(market_, name);
  if (!cursor) return;
  std::int64_t kept = *cursor, at = *cursor;
  std::int64_t lost = 0;  // the newest entry that says so
  std::uint64_t seen = 0;
  do {
    const std::uint64_t changes = market_.views.clock.changes();
    if (changes == seen) continue;
    const auto entries = read_log(market_, {at, std::nullopt, kEntriesAtOnce});
    if (!entries) continue;
    for (const LogEntry& entry : *entries) {
      if (stopping()) return;
      // The entries before it, back to where history was lost, may be others than those that were
      // read.
      if (const auto known = newest_before_loss(entry); known && entry.seq != lost) {
        lost = entry.seq;
        at = std::min(at, *known);
        break;
      }
      const bool wanted = wants(webhook, entry.action);
      if (wanted && !deliver(webhook, entry, turn)) return;
      at = entry.seq;
      if (!wanted && at - kept < kKeepCursorEvery) continue;
      const Status moved = set_webhook_cursor(market_, name, at, turn.job, turn.term);
      if (moved) kept = at;  // else the entry is sent again after a restart
      if (!moved && moved.error().code == ErrorCode::request_outdated) return;
    }
    const bool read_all = entries->empty() || at == entries->back().seq;
    if (read_all && entries->size() < kEntriesAtOnce) seen = changes;
  } while (pause(pauses_.look) && !turn.is_over());
}

// Tries without end, as nobody waits for it.
RetryPolicy Webhooks::retry_policy(const Webhook& webhook, const LogEntry& entry, const Turn& turn,
                                   const int& refusals) const {
  RetryPolicy policy;
  policy.backoff.attempts = std::numeric_limits<int>::max();
  policy.backoff.first = pauses_.retry;
  policy.backoff.longest = kLastRetry;
  policy.backoff.jitter = 0.25;
  policy.longest_hint = milliseconds::max();
  policy.stop = stop_.get_token();
  policy.may_retry = [this, &turn, &refusals](const Error&) {
    return !stopping() && !turn.is_over() && refusals < kMaxRefusals;
  };
  policy.before_wait = [&webhook, &entry](const FailedAttempt& failed, const Attempt&) {
    log_event(LogLevel::warning, "a webhook was not delivered; it will be tried again",
              fields_of(webhook, entry, failed.error));
  };
  return policy;
}

// Until it is delivered or finally refused; false when the daemon stops or its turn is over.
bool Webhooks::deliver(const Webhook& webhook, const LogEntry& entry, const Turn& turn) const {
  auto body = body_of(market_, webhook, entry);
  while (!body) {
    if (!pause(pauses_.retry) || turn.is_over()) return false;
    body = body_of(market_, webhook, entry);
  }
  if (body->empty()) return true;
  HttpClient client(kDeliveryTimeout, "the webhook");
  client.abort_when([this, &turn] { return stopping() || turn.is_over(); });
  const auto trace = traces_ == nullptr ? std::nullopt : traces_->of(entry.actor.request_id);
  int refusals = 0;
  const auto attempt = [&]() -> Status {
    Status outcome = outcome_of(client.send(request_of(webhook, entry, *body, trace)));
    if (!outcome && outcome.error().code == ErrorCode::invalid_request) ++refusals;
    return outcome;
  };
  const auto report = turn.receiver.run(attempt, retry_policy(webhook, entry, turn, refusals));
  if (report.result) return true;
  if (stopping() || turn.is_over()) return false;
  log_event(LogLevel::error, "a webhook refuses an event, which is not sent again",
            fields_of(webhook, entry, report.result.error()));
  return true;
}

}  // namespace mkt
