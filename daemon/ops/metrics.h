// The daemon's metrics, in Prometheus's text exposition format, version 0.0.4.
//
// Each part of the daemon counts by itself and does not know Prometheus. Here the numbers get their
// names when somebody asks for them. mktd(8) lists them. Thread-safe.
#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "common/reliability/breaker_registry.h"
#include "common/reliability/retry_budget.h"
#include "daemon/blobs/blob_store.h"
#include "daemon/http/request_metrics.h"
#include "daemon/http/server.h"
#include "daemon/http/tls_gate.h"
#include "daemon/limits/rate_limiter.h"
#include "daemon/mirror/mirror.h"
#include "daemon/store/data_folder.h"
#include "daemon/store/store.h"
#include "daemon/store/store_health.h"

namespace mkt {

struct MetricSources {
  const RequestMetrics& requests;
  const RateLimiter& limiter;
  Store& store;
  const BlobStore& blobs;
  const StoreHealth& store_health;
  const DataFolder& data;
  const TlsGate* tls;  // may be null
  const BreakerRegistry& breakers = process_breakers();
  const RetryBudget& retries = process_retry_budget();
};

class Metrics {
 public:
  explicit Metrics(const MetricSources& sources) : sources_(sources) {}

  // `mirror` may be null.
  std::string text(const ServerCounts& server, const Mirror* mirror, bool ready) const;

 private:
  // Counting them reads the whole catalog, so it is done once in kBlobsEvery.
  static constexpr std::chrono::seconds kBlobsEvery{60};
  std::optional<BlobTotals> blobs() const;

  const MetricSources sources_;
  mutable std::mutex mutex_;
  mutable std::optional<BlobTotals> blobs_;                        // guarded by mutex_
  mutable std::chrono::steady_clock::time_point blobs_counted_{};  // guarded by mutex_
};

}  // namespace mkt
