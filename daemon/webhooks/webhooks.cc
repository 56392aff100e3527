// Following the log and telling of it; see webhooks.h.
#include "daemon/webhooks/webhooks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "common/base/encoding.h"
#include "common/base/utf8.h"
#include "common/connector/checksum.h"
#include "common/http/http_client.h"
#include "common/signing/hmac.h"
#include "common/wire/policy.h"
#include "daemon/http/record_messages.h"
#include "daemon/ops/log.h"

namespace mkt {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTimeout{10'000};
constexpr milliseconds kLastRetry{300'000};
constexpr std::uint32_t kEntriesAtOnce = 100;
// What is of no interest moves the cursor on in memory; kept now and then, so that a restart need
// not read it all again.
constexpr std::int64_t kKeepCursorEvery = 1000;
constexpr std::size_t kNameDigits = 32;
constexpr std::size_t kMinSecretBytes = 16;
constexpr std::size_t kMaxSecretBytes = 256;

bool wants(const Webhook& webhook, const std::string& action) {
  return std::any_of(webhook.events.begin(), webhook.events.end(),
                     [&](const std::string& pattern) { return matches_pattern(pattern, action); });
}

Result<std::string> body_of(Store& store, const LogEntry& entry) {
  Json request;
  if (entry.action.starts_with("request.")) {
    MKT_TRY(const auto found, store.install_request(entry.subject));
    if (found) {
      auto message = request_message(*found);
      message.config = nullptr;  // is the tenant's own, and may hold secrets
      request = message.to_json();
    }
  }
  return dump_json({{"event", entry.action},
                    {"sequence", entry.seq},
                    {"at", format_utc(entry.at)},
                    {"actor", entry.actor.who},
                    {"subject", entry.subject},
                    {"detail", entry.detail},
                    {"request", request}});
}

HttpRequest request_of(const Webhook& webhook, const LogEntry& entry, std::string body) {
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(utc_now().time_since_epoch()).count();
  HttpRequest request;
  request.method = "POST";
  request.url = webhook.url;
  request.headers = {"Content-Type: application/json", "Mkt-Webhook-Event: " + entry.action,
                     fmt::format("Mkt-Webhook-Sequence: {}", entry.seq),
                     fmt::format("Mkt-Webhook-Signature: t={},v1={}", now,
                                 hmac_sha256(webhook.secret, fmt::format("{}.{}", now, body)))};
  request.body = std::move(body);
  return request;
}

bool is_refusal(int status) {
  return status / 100 == 4 && status != 408 && status != 425 && status != 429;
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
  const auto wrong = [](std::string_view what) {
    return Error(ErrorCode::usage_error, fmt::format("[[webhook]] {}", what));
  };
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return wrong("url must be one of http or https");
  }
  const bool plain = std::all_of(secret.begin(), secret.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("._~+/=-").find(c) != std::string_view::npos;
  });
  if (!plain || secret.size() < kMinSecretBytes || secret.size() > kMaxSecretBytes) {
    return wrong(
        fmt::format("secret must have {} to {} letters, digits or ._~+/=-; make one: "
                    "openssl rand -hex 32",
                    kMinSecretBytes, kMaxSecretBytes));
  }
  if (events.empty()) return wrong("events must name an action of the log, such as request.*");
  return {};
}

Webhooks::Webhooks(Store& store, std::vector<Webhook> webhooks, WebhookPauses pauses)
    : store_(store), webhooks_(std::move(webhooks)), pauses_(pauses) {
  for (const Webhook& webhook : webhooks_) {
    threads_.emplace_back([this, &webhook] { work(webhook); });
  }
}

Webhooks::~Webhooks() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Webhooks::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool Webhooks::pause(milliseconds time) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, time, [this] { return stopping_; });
  return !stopping_;
}

void Webhooks::work(const Webhook& webhook) {
  const std::string name = webhook.name();
  auto cursor = store_.webhook_cursor(name);
  while (!cursor) {
    if (!pause(pauses_.retry)) return;
    cursor = store_.webhook_cursor(name);
  }
  std::int64_t kept = *cursor, at = *cursor;
  std::uint64_t seen = 0;
  while (pause(pauses_.look)) {
    const std::uint64_t changes = store_.changes();
    if (changes == seen) continue;
    const auto entries = store_.log({at, std::nullopt, kEntriesAtOnce});
    if (!entries) continue;
    for (const LogEntry& entry : *entries) {
      if (stopping()) return;
      const bool wanted = wants(webhook, entry.action);
      if (wanted && !deliver(webhook, entry)) return;
      at = entry.seq;
      // Should this not be kept, the entry is told again after a restart.
      if ((wanted || at - kept >= kKeepCursorEvery) && store_.set_webhook_cursor(name, at)) {
        kept = at;
      }
    }
    if (entries->size() < kEntriesAtOnce) seen = changes;
  }
}

Result<HttpResponse> Webhooks::send(HttpClient& client, const Webhook& webhook,
                                    const LogEntry& entry) {
  MKT_TRY(std::string body, body_of(store_, entry));
  return client.send(request_of(webhook, entry, std::move(body)));
}

// Until it is told, or refused for good; false once the daemon stops.
bool Webhooks::deliver(const Webhook& webhook, const LogEntry& entry) {
  HttpClient client(kTimeout, "the webhook");
  client.abort_when([this] { return stopping(); });
  std::minstd_rand random{std::random_device{}()};
  milliseconds retry = pauses_.retry;
  for (int refusals = 0;;) {
    const auto response = send(client, webhook, entry);
    if (response && response->status / 100 == 2) return true;
    if (stopping()) return false;
    const LogFields what = {
        {"webhook", webhook.name()},
        {"event", entry.action},
        {"sequence", std::to_string(entry.seq)},
        {"reason", response ? fmt::format("HTTP {}", response->status) : response.error().message}};
    if (response && is_refusal(response->status) && ++refusals >= kMaxRefusals) {
      log_event(LogLevel::error, "a webhook refuses an event and is not told of it again", what);
      return true;
    }
    log_event(LogLevel::warning, "a webhook was not told, it will be tried again", what);
    std::uniform_int_distribution<std::int64_t> part(50, 100);  // percent
    if (!pause(retry * part(random) / 100)) return false;
    retry = std::min(retry * 2, kLastRetry);
  }
}

}  // namespace mkt
