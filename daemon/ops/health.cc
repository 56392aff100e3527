#include "daemon/ops/health.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/statvfs.h>

#include <algorithm>

#include "common/base/log.h"
#include "mkt_version.h"

namespace mkt {
namespace {

using Snapshot = CircuitBreaker::Snapshot;

constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::chrono::seconds kMuchSkew{5};

wire::PartInfo ok(std::string name) { return {std::move(name), "ok", ""}; }

std::string last_cause(const Snapshot& breaker) {
  return breaker.causes.empty() ? std::string("no cause is known") : breaker.causes.back();
}

wire::PartInfo check_limits(const std::vector<Snapshot>& breakers) {
  for (const Snapshot& b : breakers) {
    if (b.name != "redis" || b.state == BreakerState::closed) continue;
    return {"limits", "degraded",
            fmt::format("Redis fails and limits are not shared: {}", last_cause(b))};
  }
  return ok("limits");
}

wire::PartInfo check_webhooks(const std::vector<Snapshot>& breakers) {
  const auto failing = std::count_if(breakers.begin(), breakers.end(), [](const Snapshot& b) {
    return b.name.starts_with("webhook:") && b.state != BreakerState::closed;
  });
  if (failing == 0) return ok("webhooks");
  return {"webhooks", "degraded",
          fmt::format("{} of the receivers cannot be reached; the log says why", failing)};
}

wire::BreakerInfo breaker_message(const Snapshot& b) {
  const auto whole_seconds = [](std::chrono::milliseconds time) {
    return std::chrono::ceil<std::chrono::seconds>(time).count();
  };
  wire::BreakerInfo m;
  m.name = b.name;
  m.state = breaker_state_name(b.state);
  m.since_seconds = whole_seconds(b.since);
  if (b.retry_after) m.retry_after_seconds = whole_seconds(*b.retry_after);
  m.successes = b.successes;
  m.failures = b.failures;
  m.refused = b.refused;
  m.opened = b.opened;
  m.causes = b.causes;
  return m;
}

}  // namespace

std::optional<std::uint64_t> free_disk_space(const std::filesystem::path& folder) {
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

Health::Health(Store& store, const StoreHealth& health, std::filesystem::path data,
               const BreakerRegistry& breakers)
    : store_(store), store_health_(health), data_(std::move(data)), breakers_(breakers) {}

wire::PartInfo Health::check_store() const {
  if (store_health_.broken()) {
    return {"store", "failed",
            "the store cannot be used any more; the daemon stops so that it is restarted"};
  }
  const Status read = store_.read([](const Records& records) -> Status {
    (void)records.log().entries({0, std::nullopt, 1});
    return {};
  });
  if (!read) {
    // The reason names hosts and files, and anyone may ask for the health.
    log_event(LogLevel::warning, "the store cannot be read", {{"reason", read.error().message}});
    return {"store", "failed", "the store cannot be read; the daemon's log says why"};
  }
  return ok("store");
}

wire::PartInfo Health::check_disk() const {
  const auto free = free_disk_space(data_);
  if (!free) return {"disk", "degraded", "the system does not say how much space is free"};
  if (*free >= kLittleDiskSpace) return ok("disk");
  return {"disk", "degraded", fmt::format("{} MiB are free; make room", *free / kMiB)};
}

void Health::watch(const Mirror& mirror, std::int64_t most_waiting) {
  mirror_ = &mirror;
  most_waiting_ = most_waiting;
}

wire::PartInfo Health::check_mirror() const {
  const auto status = mirror_->status();
  if (!status) return {"mirror", "degraded", status.error().message};
  const auto degraded = [](std::string why) {
    return wire::PartInfo{"mirror", "degraded", std::move(why)};
  };
  if (!status->trouble.empty()) {
    return degraded(fmt::format("{} changes wait: {}", status->outbox.waiting, status->trouble));
  }
  if (status->outbox.waiting > most_waiting_) {
    return degraded(fmt::format("{} changes wait", status->outbox.waiting));
  }
  if (status->outbox.parked > 0) {
    return degraded(
        fmt::format("{} documents are refused; see: mktd mirror status", status->outbox.parked));
  }
  if (!status->outbox.oldest) return ok("mirror");
  const auto lag = std::chrono::ceil<std::chrono::seconds>(status->lag(utc_now()));
  return {"mirror", "ok",
          fmt::format("{} changes wait, the oldest for {}s", status->outbox.waiting, lag.count())};
}

wire::PartInfo Health::check_cluster() const {
  const auto degraded = [](std::string why) {
    return wire::PartInfo{"cluster", "degraded", std::move(why)};
  };
  if (shared_->breaker().snapshot().state != BreakerState::closed) {
    return degraded("the database does not answer");
  }
  const auto state = shared_->cluster();
  if (!state) return degraded("the database does not say which daemons there are");
  // Expiry and the log go by the database's clock; what this machine writes into its own log does
  // not.
  const auto ahead = std::chrono::round<std::chrono::seconds>(utc_now() - state->now);
  if (ahead > kMuchSkew || ahead < -kMuchSkew) {
    return degraded(fmt::format("this machine's clock is {} s {} the database's",
                                std::abs(ahead.count()),
                                ahead.count() > 0 ? "ahead of" : "behind"));
  }
  if (const auto different = state->different_settings(); !different.empty()) {
    return degraded(
        fmt::format("settings differ between the daemons: {}; see: mktd status "
                    "--cluster",
                    fmt::join(different, ", ")));
  }
  return ok("cluster");
}

wire::StatusInfo Health::status() const {
  auto breakers = breakers_.snapshots();
  if (shared_ != nullptr) breakers.push_back(shared_->breaker().snapshot());
  wire::StatusInfo status;
  status.parts = {check_store(), check_disk(), check_limits(breakers), check_webhooks(breakers)};
  if (mirror_ != nullptr) status.parts.push_back(check_mirror());
  if (shared_ != nullptr) status.parts.push_back(check_cluster());
  const bool failed = std::any_of(status.parts.begin(), status.parts.end(),
                                  [](const auto& part) { return part.status == "failed"; });
  status.status = failed ? "not_ready" : "ready";
  status.version = MKT_VERSION;
  status.started_at = format_utc(started_);
  for (const Snapshot& b : breakers) status.breakers.push_back(breaker_message(b));
  return status;
}

}  // namespace mkt
