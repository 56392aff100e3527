// mktd: opens the data folder, starts the front door, waits for a signal.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <exception>

#include "common/base/log.h"
#include "common/signing/key.h"
#include "daemon/blobs/file_blobs.h"
#include "daemon/http/change_limits.h"
#include "daemon/http/pipeline.h"
#include "daemon/http/routes.h"
#include "daemon/http/server.h"
#include "daemon/limits/memory_limits.h"
#include "daemon/limits/shared_limits.h"
#include "daemon/ops/configuration.h"
#include "daemon/ops/discovery.h"
#include "daemon/ops/health.h"
#include "daemon/ops/metrics.h"
#include "daemon/ops/operations.h"
#include "daemon/ops/signals.h"
#include "daemon/ops/systemd.h"
#include "daemon/service/catalog.h"
#include "daemon/service/housekeeping.h"
#include "daemon/service/outbox.h"
#include "daemon/service/tokens.h"
#include "daemon/store/data_folder.h"
#include "daemon/store/sqlite/sqlite_store.h"

namespace mkt {
namespace {

constexpr int kTemporaryFailure = 75;  // EX_TEMPFAIL of sysexits.h: a supervisor should restart us

// One descriptor a connection: take what the system allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void configure_log(const Configuration& c) {
  set_log_level(parse_log_level(c.log_level));
  set_log_format(c.log_format == "json" ? LogFormat::json : LogFormat::logfmt);
}

Status write_first_admin_token(const Marketplace& market, const DataFolder& data) {
  MKT_TRY(const auto created, create_first_admin_token(market));
  if (!created) return {};
  return write_file_atomically(data.admin_token(), created->secret + "\n", 0600);
}

// What of the configuration may change while the daemon runs.
struct LiveConfiguration {
  Live<Admission> admission;
  Live<LimitRules> limits;
  Live<Configuration> whole;
};

// On SIGHUP: the same arguments and environment, the file as it is now.
void reload(int argc, char** argv, Marketplace& market, LiveConfiguration& live) {
  notify_systemd_reloading();
  ParsedArguments parsed = parse_arguments(argc, argv);
  auto admission = parsed.configuration.admission();
  auto limits = parsed.configuration.limit_rules();
  if (parsed.exit_now || !admission || !limits) {
    log_event(LogLevel::error, "the configuration is not valid and was not reloaded", {});
  } else {
    const Differences differences = compare(*live.whole.get(), parsed.configuration);
    market.rules.set(parsed.configuration.rules());
    live.admission.set(std::move(*admission));
    live.limits.set(std::move(*limits));
    for (const std::string& line : differences.taken_over) {
      log_event(LogLevel::info, "reloaded", {{"change", line}});
    }
    for (const std::string& line : differences.need_restart) {
      log_event(LogLevel::warning, "needs a restart", {{"change", line}});
    }
    if (differences.taken_over.empty() && differences.need_restart.empty()) {
      log_event(LogLevel::info, "reloaded, nothing changed", {});
    }
    configure_log(parsed.configuration);  // after the words on it, which a higher level would drop
    live.whole.set(std::move(parsed.configuration));
  }
  notify_systemd("READY=1");
}

// In Redis where there is one, else in this process.
Result<std::unique_ptr<LimitStore>> open_limit_store(const Configuration& configuration,
                                                     const LiveConfiguration& live) {
  if (configuration.redis_url.empty()) return std::unique_ptr<LimitStore>(new MemoryLimits);
  MKT_TRY(RedisUrl url, RedisUrl::parse(configuration.redis_url));
  return std::unique_ptr<LimitStore>(new SharedLimits(
      std::move(url), configuration.daemons,
      [&live](LimitScope scope) { return live.limits.get()->denies_without_redis(scope); }));
}

// None where the configuration names no project.
std::unique_ptr<Mirror> start_mirror(const Marketplace& market, const Configuration& c) {
  if (c.firestore_project.empty()) {
    if (const auto stopped = stop_outbox(market); !stopped) {
      log_event(LogLevel::error, "the outbox cannot be marked as incomplete",
                {{"reason", stopped.error().message}});
    }
    return nullptr;
  }
  return std::make_unique<Mirror>(
      market,
      MirrorTarget{
          open_firestore({c.firestore_project, c.firestore_database, c.firestore_prefix}),
          open_bucket({c.firestore_bucket, c.firestore_prefix, c.firestore_bucket_most_bytes})});
}

Result<std::vector<Listener>> open_listeners(const std::vector<std::string>& addresses) {
  std::vector<Listener> listeners = activated_listeners();
  if (!listeners.empty()) return listeners;  // systemd's sockets stand for the configured ones
  for (const std::string& address : addresses) {
    MKT_TRY(Listener listener, open_listener(address));
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

Result<int> serve(const Configuration& configuration, int argc, char** argv) {
  MKT_TRY(const DataFolder data, DataFolder::open(configuration.data));
  MKT_TRY(const auto store, SqliteStore::open(data.database()));
  MKT_TRY(const auto blobs, FileBlobs::open(data.blobs(), [&](const Checksum& checksum) {
            return is_named(*store, checksum);
          }));
  Marketplace market{.store = *store,
                     .blobs = *blobs,
                     .rules = configuration.rules(),
                     .now = utc_now,
                     .challenges = {},
                     .mirrored = !configuration.firestore_project.empty()};
  MKT_CHECK(leave_quarantined_latest(market));
  MKT_CHECK(market.views.search.catch_up());
  MKT_CHECK(write_first_admin_token(market, data));
  MKT_TRY(Admission admission, configuration.admission());
  MKT_TRY(LimitRules limit_rules, configuration.limit_rules());
  LiveConfiguration live{std::move(admission), std::move(limit_rules), configuration};
  MKT_TRY(auto limit_store, open_limit_store(configuration, live));
  RateLimiter limiter(live.limits, std::move(limit_store));

  const std::unique_ptr<Mirror> mirror = start_mirror(market, configuration);
  Usage usage(market);
  Router router;
  router.surround([&](std::string_view method, std::string_view pattern, Handler handler) {
    return limit_changes(limiter, method, pattern, std::move(handler));
  });
  add_catalog_routes(router, market, usage, limiter);
  add_publish_routes(router, market, limiter);
  add_publisher_routes(router, market);
  add_key_routes(router, market);
  add_owner_routes(router, market);
  add_policy_routes(router, market);
  add_install_routes(router, market, limiter);
  add_limit_routes(router, market, limiter);
  add_mirror_routes(router, market, [&] { return mirror.get(); });
  add_request_routes(router, market);
  add_log_routes(router, market);
  add_token_routes(router, market);

  RequestMetrics requests;
  Health health(*store, *store, data.path());
  if (mirror) health.watch(*mirror, configuration.firestore_most_waiting);
  const Metrics metrics({requests, limiter, *store, *store, data});
  HttpServer* running = nullptr;  // set before the first request comes
  add_operation_routes(router,
                       {.metrics = [&] { return metrics.text(running->counts(), mirror.get()); },
                        .status = [&] { return health.status(); },
                        .for_anyone = [&] { return live.whole.get()->operations == "anyone"; }});

  Idempotency idempotency(market, [](const Error& error) {
    log_event(LogLevel::error, "the answer to an Idempotency-Key could not be kept",
              {{"reason", error.message}});
  });
  HttpServer server(
      {.application =
           [&](const RequestHead& head, BodyReader& body, Exchange& exchange) {
             return answer_request({market, router, idempotency, usage, limiter}, head, body,
                                   exchange);
           },
       .admit = [&](const RequestHead& head,
                    const Peer& peer) { return live.admission.get()->admit(head, peer); },
       .is_proxy = [&](const Peer& peer) { return live.admission.get()->is_trusted(peer.address); },
       .log =
           [&](const AccessRecord& record) {
             requests.count(record);
             if (live.whole.get()->access_log) log_access(record);
           }},
      {.uploads = configuration.max_uploads,
       .connections_per_address = configuration.max_connections_per_address});
  running = &server;
  MKT_TRY(std::vector<Listener> listeners, open_listeners(configuration.listen));
  const std::string url = listeners.empty() ? std::string() : listeners.front().url;
  for (Listener& listener : listeners) server.add(std::move(listener));
  MKT_CHECK(write_file_atomically(data.url(), url + "\n", 0644));
  const Announcement announcement(url, data.path());
  const SignalWatch signals(
      [&] {
        notify_systemd("STOPPING=1");
        server.stop();
      },
      [&] { reload(argc, argv, market, live); });
  // After the signals, so that a second one ends the process while these two are joined.
  const Housekeeping housekeeping(market);
  const Webhooks webhooks(market, configuration.webhooks);
  fmt::print(stderr, "mktd: listening on {}\n", url);
  notify_systemd("READY=1");
  store->when_broken([&] {
    log_event(LogLevel::error, "the disk failed to keep a change; stopping, start me again", {});
    server.stop();
  });
  server.run();
  store->when_broken({});
  ::unlink(data.url().c_str());
  log_event(LogLevel::info, "stopped", {});
  return store->broken() ? kTemporaryFailure : 0;
}

int run(int argc, char** argv) {
  // Nothing that is made here is for others, but where it says so: the socket, mktd.url.
  ::umask(077);
  if (!init_crypto()) {
    fmt::print(stderr, "mktd: the system gives no random numbers\n");
    return static_cast<int>(ExitStatus::unexpected);
  }
  if (const auto status = run_operation(argc, argv)) return *status;
  const ParsedArguments parsed = parse_arguments(argc, argv);
  if (parsed.exit_now) return *parsed.exit_now;
  if (parsed.configuration.check_only) {
    fmt::print("the settings are valid\n");
    return 0;
  }
  configure_log(parsed.configuration);
  raise_descriptor_limit();
  SignalWatch::block_signals();
  const auto status = serve(parsed.configuration, argc, argv);
  if (status) return *status;
  fmt::print(stderr, "mktd: {}\n", status.error().message);
  return static_cast<int>(exit_status(status.error().code));
}

}  // namespace
}  // namespace mkt

int main(int argc, char** argv) {
  try {
    return mkt::run(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "mktd: unexpected failure: {}\n", e.what());
    return static_cast<int>(mkt::ExitStatus::unexpected);
  }
}
