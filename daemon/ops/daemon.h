// Daemon: all of mktd, from start to end. What is named first starts first and stops last.
//
//   data folder, its lock → store → blobs → marketplace with its views → limits → mirror, usage →
//   metrics and health → routes → server → while it runs: announcement, signals, housekeeping,
//   webhooks
//
// Only one per process, as it takes the process's signals.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/http/idempotency.h"
#include "daemon/http/request_metrics.h"
#include "daemon/http/router.h"
#include "daemon/http/server.h"
#include "daemon/http/tls_gate.h"
#include "daemon/limits/rate_limiter.h"
#include "daemon/mirror/mirror.h"
#include "daemon/ops/configuration.h"
#include "daemon/ops/health.h"
#include "daemon/ops/metrics.h"
#include "daemon/ops/storage.h"
#include "daemon/service/feed.h"
#include "daemon/service/marketplace.h"
#include "daemon/service/mcp_servers.h"
#include "daemon/service/usage.h"
#include "daemon/store/data_folder.h"

namespace mkt {

class Daemon {
 public:
  // Reads the arguments again, with the present file, for a reload.
  using ReadArguments = std::function<ParsedArguments()>;

  // Opens everything and takes no request yet. Returns the error of any part.
  static Result<std::unique_ptr<Daemon>> open(const Configuration& configuration,
                                              ReadArguments read_arguments);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Serves until a signal or a failed disk ends it; returns the exit status.
  Result<int> run();

 private:
  struct Opened;
  Daemon(const Configuration& configuration, ReadArguments read_arguments, Opened opened);

  void add_routes();
  Status prepare();
  std::optional<std::string> reason_not_to_reload(const Configuration& now) const;
  void reload();
  bool reload_tls(Configuration& configuration);

  // The part of the configuration that may change while the daemon runs.
  struct LiveConfiguration {
    Live<Admission> admission;
    Live<LimitRules> limits;
    Live<Configuration> whole;
  };

  const Configuration configuration_;
  const ReadArguments read_arguments_;
  LiveConfiguration live_;
  const std::unique_ptr<TlsGate> tls_;  // null where no certificate is named
  const DataFolder data_;
  const Storage storage_;
  Marketplace market_;
  RateLimiter limiter_;
  std::unique_ptr<Mirror> mirror_;  // null where no project is configured
  Usage usage_;
  RequestMetrics requests_;
  RecentTraces traces_;
  Health health_;
  const Metrics metrics_;
  const McpServers mcp_servers_;
  Feed feed_;
  Router router_;
  Idempotency idempotency_;
  HttpServer server_;
};

}  // namespace mkt
