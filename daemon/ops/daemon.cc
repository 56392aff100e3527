#include "daemon/ops/daemon.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include "common/base/log.h"
#include "common/base/standard_streams.h"
#include "common/base/utf8.h"
#include "daemon/http/change_limits.h"
#include "daemon/http/min_sequence.h"
#include "daemon/http/pipeline.h"
#include "daemon/http/routes.h"
#include "daemon/http/token_scope_gate.h"
#include "daemon/limits/memory_limits.h"
#include "daemon/limits/part_of_limits.h"
#include "daemon/limits/shared_limits.h"
#include "daemon/ops/admin_token.h"
#include "daemon/ops/certificate_watch.h"
#include "daemon/ops/cluster_status.h"
#include "daemon/ops/control.h"
#include "daemon/ops/discovery.h"
#include "daemon/ops/gc_question.h"
#include "daemon/ops/local_status.h"
#include "daemon/ops/signals.h"
#include "daemon/ops/systemd.h"
#include "daemon/service/catalog.h"
#include "daemon/service/garbage.h"
#include "daemon/service/housekeeping.h"
#include "daemon/service/outbox.h"
#include "daemon/web/page_routes.h"
#include "daemon/webhooks/webhooks.h"
#include "mkt_version.h"

namespace mkt {
namespace {

constexpr int kTemporaryFailure = 75;  // EX_TEMPFAIL of sysexits.h: a supervisor should restart us

// Counts in Redis where one is configured, else in this process, for its part of the daemons.
std::unique_ptr<LimitStore> open_limit_store(std::optional<RedisUrl> redis, unsigned daemons,
                                             const Live<LimitRules>& rules) {
  if (!redis && daemons > 1) return std::make_unique<PartOfLimits>(daemons);
  if (!redis) return std::make_unique<MemoryLimits>();
  return std::make_unique<SharedLimits>(std::move(*redis), daemons, [&rules](LimitScope scope) {
    return rules.get()->denies_without_redis(scope);
  });
}

// Empty where the system does not tell.
std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : "";
}

// Daemons that share a database have one time, its.
std::function<UtcTime()> clock_of(const Storage& storage) {
  if (storage.shared == nullptr) return utc_now;
  return [shared = storage.shared] { return shared->now(); };
}

// Nothing is mirrored from now on.
void leave_outbox_incomplete(const Marketplace& market) {
  if (const auto stopped = stop_outbox(market); !stopped) {
    log_event(LogLevel::error, "the outbox cannot be marked as incomplete",
              {{"reason", stopped.error().message}});
  }
}

// Null where the configuration names no project.
std::unique_ptr<Mirror> start_mirror(const Marketplace& market, const Configuration& c) {
  if (c.firestore_project.empty()) return nullptr;
  return std::make_unique<Mirror>(
      market,
      MirrorTarget{
          open_firestore({c.firestore_project, c.firestore_database, c.firestore_prefix}),
          open_bucket({c.firestore_bucket, c.firestore_prefix, c.firestore_bucket_most_bytes})});
}

// Null where there can be none; then operations cannot ask this daemon.
std::unique_ptr<Control> open_control(const DataFolder& data, Control::Answer answer) {
  auto control = Control::open(data.path(), std::move(answer));
  if (control) return std::move(*control);
  log_event(LogLevel::warning, "no operation can ask this daemon",
            {{"reason", control.error().message}});
  return nullptr;
}

// Whoever sees the URL may use all of the daemon. A full disk does not keep it from being read
// from: an old file must only not send anybody to where it was before.
Status leave_url(const DataFolder& data, std::string_view url) {
  auto written = write_file_atomically(data.url(), fmt::format("{}\n", url), 0644);
  if (written || written.error().code != ErrorCode::storage_full) return written;
  ::unlink(data.url().c_str());
  log_event(LogLevel::warning, "programs on this machine do not find this daemon by themselves",
            {{"reason", written.error().message}, {"url", std::string(url)}});
  return {};
}

// Null where the configuration names no certificate.
Result<std::unique_ptr<TlsGate>> open_tls(const Configuration& c) {
  const auto files = c.tls_files();
  if (!files) return std::unique_ptr<TlsGate>();
  return TlsGate::open(*files);
}

Result<std::vector<Listener>> open_listeners(const std::vector<std::string>& addresses,
                                             bool has_certificate) {
  std::vector<Listener> listeners = activated_listeners();
  for (const Listener& listener : listeners) {
    if (!listener.speaks_tls || has_certificate) continue;
    return Error(
        ErrorCode::usage_error,
        fmt::format("systemd's socket for {} needs tls-certificate and tls-key", listener.url));
  }
  if (!listeners.empty()) return listeners;  // systemd's sockets replace the configured ones
  for (const std::string& address : addresses) {
    MKT_TRY(Listener listener, open_listener(address));
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

// Who writes the file may not be done: half of it may open what the rest closes. False where it
// still changes after two seconds.
bool is_written(const std::string& file) {
  constexpr std::chrono::milliseconds kBetweenLooks{200};
  constexpr int kMostLooks = 10;
  const auto look = [&] {
    struct stat s {};
    if (::stat(file.c_str(), &s) != 0) return std::tuple<ino_t, off_t, time_t, long>();
    return std::tuple(s.st_ino, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
  };
  auto before = look();
  for (int i = 0; i < kMostLooks; ++i) {
    std::this_thread::sleep_for(kBetweenLooks);
    const auto now = look();
    if (now == std::exchange(before, now)) return true;
  }
  return false;
}

}  // namespace

// What is opened before the daemon is made, and may fail.
struct Daemon::Opened {
  std::unique_ptr<TlsGate> tls;
  DataFolder data;
  Storage storage;
  Admission admission;
  LimitRules limits;
  std::optional<RedisUrl> redis;  // nullopt: limits are counted in this process
};

Result<std::unique_ptr<Daemon>> Daemon::open(const Configuration& configuration,
                                             ReadArguments read_arguments) {
  MKT_TRY(std::unique_ptr<TlsGate> tls, open_tls(configuration));
  MKT_TRY(DataFolder data, DataFolder::open(configuration.data));
  MKT_TRY(Storage storage, Storage::open(configuration, data));
  MKT_TRY(Admission admission, configuration.admission());
  MKT_TRY(LimitRules limits, configuration.limit_rules());
  std::optional<RedisUrl> redis;
  if (!configuration.redis_url.empty()) {
    MKT_TRY(redis, RedisUrl::parse(configuration.redis_url));
  }
  std::unique_ptr<Daemon> daemon(
      new Daemon(configuration, std::move(read_arguments),
                 {std::move(tls), std::move(data), std::move(storage), std::move(admission),
                  std::move(limits), std::move(redis)}));
  MKT_CHECK(daemon->prepare());
  return daemon;
}

Daemon::Daemon(const Configuration& configuration, ReadArguments read_arguments, Opened opened)
    : configuration_(configuration),
      read_arguments_(std::move(read_arguments)),
      live_{std::move(opened.admission), std::move(opened.limits), configuration},
      tls_(std::move(opened.tls)),
      data_(std::move(opened.data)),
      storage_(std::move(opened.storage)),
      market_{.store = *storage_.store,
              .blobs = *storage_.blobs,
              .rules = configuration_.rules(),
              .now = clock_of(storage_),
              .challenges = Challenges(storage_.challenge_key),
              // Another daemon may mirror what this one changes.
              .mirrored = !configuration_.firestore_project.empty() || storage_.shared != nullptr},
      limiter_(live_.limits,
               open_limit_store(std::move(opened.redis), configuration_.daemons, live_.limits)),
      usage_(market_),
      health_(*storage_.store, *storage_.health, data_.path()),
      metrics_({requests_, limiter_, *storage_.store, *storage_.blobs, *storage_.health, data_,
                tls_.get()}),
      mcp_servers_(market_),
      feed_(market_),
      idempotency_(market_,
                   [](const Error& error) {
                     log_event(LogLevel::error,
                               "the answer to an Idempotency-Key could not be kept",
                               {{"reason", error.message}});
                   }),
      server_(
          {.application =
               [this](const RequestHead& head, BodyReader& body, Exchange& exchange) {
                 return answer_request({market_, router_, idempotency_, usage_, limiter_, &traces_},
                                       head, body, exchange);
               },
           .admit = [this](const RequestHead& head,
                           const Peer& peer) { return live_.admission.get()->admit(head, peer); },
           .is_behind = storage_.shared == nullptr
                            ? std::function<bool(const RequestHead&)>()
                            : [this](const RequestHead& head) { return is_behind(market_, head); },
           .is_proxy =
               [this](const Peer& peer) { return live_.admission.get()->is_trusted(peer.address); },
           .log =
               [this](const AccessRecord& record) {
                 requests_.count(record);
                 if (live_.whole.get()->access_log) log_access(record);
               },
           .tls = tls_.get()},
          {.uploads = configuration_.max_uploads,
           .connections_per_address = configuration_.max_connections_per_address}) {}

Daemon::~Daemon() = default;

Status Daemon::prepare() {
  if (storage_.shared != nullptr) {
    // First: what is remembered from here on, other daemons' changes will be told of.
    MKT_CHECK(storage_.shared->join({.host = host_name(),
                                     .version = MKT_VERSION,
                                     .settings = digests_of_settings(configuration_)}));
    health_.watch(*storage_.shared);
    MKT_CHECK(market_.views.search.catch_up());
  } else {
    MKT_CHECK(leave_quarantined_latest(market_));
    MKT_CHECK(market_.views.search.catch_up());
    MKT_CHECK(write_first_admin_token(market_, data_));
    if (!market_.mirrored) leave_outbox_incomplete(market_);
  }
  mirror_ = start_mirror(market_, configuration_);
  if (mirror_) health_.watch(*mirror_, configuration_.firestore_most_waiting);
  add_routes();
  return {};
}

void Daemon::add_routes() {
  router_.guard([this](Request& r) { return require_reader(market_, r.caller); });
  router_.surround([this](std::string_view method, std::string_view pattern, Handler handler) {
    return keep_to_scope(method, pattern,
                         limit_changes(limiter_, method, pattern, std::move(handler)));
  });
  add_catalog_routes(router_, market_, usage_, limiter_);
  add_publish_routes(router_, market_, limiter_);
  add_publisher_routes(router_, market_);
  add_key_routes(router_, market_);
  add_owner_routes(router_, market_);
  add_withdrawal_routes(router_, market_);
  add_policy_routes(router_, market_);
  add_feed_routes(router_, feed_);
  add_install_routes(router_, market_, limiter_);
  add_limit_routes(router_, market_, limiter_);
  add_mirror_routes(router_, market_, [this] { return mirror_.get(); });
  add_request_routes(router_, market_);
  add_log_routes(router_, market_);
  add_mcp_routes(router_, limiter_,
                 {mcp_servers_, [this] { return live_.whole.get()->mcp_namespace; }});
  add_token_routes(router_, market_);
  const OperationParts operations{
      .metrics =
          [this] { return metrics_.text(server_.counts(), mirror_.get(), health_.is_ready()); },
      .status = [this] { return health_.status(); },
      .for_anyone = [this] { return live_.whole.get()->operations == "anyone"; }};
  add_operation_routes(router_, operations);
  if (configuration_.web == "on") {
    add_page_routes(router_, {market_, usage_, limiter_, operations, storage_.session_key});
  }
}

// Of an empty file all settings would be the defaults, which open more.
std::optional<std::string> Daemon::reason_not_to_reload(const Configuration& now) const {
  if (now.data != configuration_.data) {
    return fmt::format(
        "data: {}, now {}; settings of another folder are another daemon's, or not yet whole",
        printable(configuration_.data.string()), printable(now.data.string()));
  }
  if (now.file_settings == 0 && live_.whole.get()->file_settings > 0) {
    return "the file of the settings has none any more, or is gone";
  }
  return std::nullopt;
}

// On SIGHUP: reads the same arguments and environment, and the present file.
void Daemon::reload() {
  notify_systemd_reloading();
  const std::string& known = live_.whole.get()->file;
  const std::string file = known.empty() ? config_of_data(configuration_.data).string() : known;
  const bool whole = is_written(file);
  ParsedArguments parsed = read_arguments_();
  if (!whole) {
    parsed.problems.push_back(fmt::format(
        "{} is still being written; send SIGHUP again when it is done", printable(file)));
    parsed.exit_now = static_cast<int>(ExitStatus::invalid);
  }
  if (auto why = reason_not_to_reload(parsed.configuration); why && !parsed.exit_now) {
    parsed.problems.push_back(std::move(*why));
    parsed.exit_now = static_cast<int>(ExitStatus::invalid);
  }
  auto admission = parsed.configuration.admission();
  auto limits = parsed.configuration.limit_rules();
  if (parsed.exit_now || !admission || !limits) {
    for (const std::string& problem : parsed.problems) {
      log_event(LogLevel::error, "the configuration is not valid and was not reloaded",
                {{"reason", problem}});
    }
  } else {
    const bool has_tls = reload_tls(parsed.configuration);
    Differences differences = compare(configuration_, *live_.whole.get(), parsed.configuration);
    if (!has_tls) {
      // Why not was said.
      std::erase_if(differences.taken_over,
                    [](const auto& line) { return line.starts_with("tls-"); });
    }
    market_.rules.set(parsed.configuration.rules());
    live_.admission.set(std::move(*admission));
    live_.limits.set(std::move(*limits));
    for (const std::string& line : differences.taken_over) {
      log_event(LogLevel::info, "reloaded", {{"change", line}});
    }
    for (const std::string& line : differences.need_restart) {
      log_event(LogLevel::warning, "needs a restart", {{"change", line}});
    }
    if (differences.taken_over.empty() && differences.need_restart.empty()) {
      log_event(LogLevel::info, "reloaded, nothing changed", {});
    }
    configure_log(parsed.configuration);  // after logging the changes, which it could drop
    if (storage_.shared != nullptr) {
      storage_.shared->set_settings(digests_of_settings(parsed.configuration));
    }
    live_.whole.set(std::move(parsed.configuration));
  }
  notify_systemd("READY=1");
}

// False where the files are refused for now. They are loaded even where only their content may have
// changed. Where they cannot be used, the present certificate is kept until they can be.
bool Daemon::reload_tls(Configuration& configuration) {
  const auto files = configuration.tls_files();
  if (files.has_value() != (tls_ != nullptr)) {
    log_event(LogLevel::warning, "needs a restart",
              {{"change", files ? "tls-certificate: (none), now " + configuration.tls_certificate
                                : "tls-certificate: now (none)"}});
    configuration.keep_tls_of(*live_.whole.get());
    return true;
  }
  if (!files) return true;
  if (const auto loaded = tls_->load(*files); !loaded) {
    log_refused_certificate(loaded.error());
    return false;
  }
  log_certificate(*tls_->context());
  return true;
}

Result<int> Daemon::run() {
  MKT_TRY(std::vector<Listener> listeners, open_listeners(configuration_.listen, tls_ != nullptr));
  const std::string url = listeners.empty() ? std::string() : listeners.front().url;
  std::vector<std::string> addresses;
  for (Listener& listener : listeners) {
    addresses.push_back(listener.url);
    server_.add(std::move(listener));
  }
  const SignalWatch signals(
      [&] {
        notify_systemd("STOPPING=1");
        feed_.stop();
        server_.stop();
      },
      [this] { reload(); });
  // After the signals, so that a second signal ends the process even while these two are being
  // joined.
  const Housekeeping housekeeping(
      market_, [this]() -> std::size_t { return live_.whole.get()->keep_prereleases; });
  const Webhooks webhooks(market_, configuration_.webhooks, {}, process_breakers(), &traces_);
  std::optional<CertificateWatch> certificate;
  if (tls_) {
    log_certificate(*tls_->context());
    certificate.emplace(*tls_);
  }
  GarbageCollector garbage(market_);
  const auto control =
      open_control(data_, [&](const Json& question, const auto& stopping) -> Result<Json> {
        const std::string word = text_member(question, "do").value_or("");
        if (word == kGarbageQuestion) return collect_as_asked(garbage, question, stopping);
        if (word == kStatusQuestion) {
          return local_status({market_, health_, mirror_.get(), data_, addresses, tls_.get()});
        }
        return Error(ErrorCode::not_implemented, "this mktd does not know that question");
      });
  MKT_CHECK(leave_url(data_, url));
  const Announcement announcement(url, data_.path());
  if (storage_.shared != nullptr) storage_.shared->announce(url);
  for (const std::string& address : addresses) {
    write_to_stderr(fmt::format("mktd: listening on {}\n", address));
  }
  notify_systemd("READY=1");
  storage_.health->when_broken([&] {
    log_event(
        LogLevel::error,
        "the store cannot be used any more, as the disk failed or the marketplace was moved away; "
        "mktd stops now and must be started again",
        {});
    server_.stop();
  });
  server_.run();
  storage_.health->when_broken({});
  ::unlink(data_.url().c_str());
  log_event(LogLevel::info, "stopped", {});
  return storage_.health->broken() ? kTemporaryFailure : 0;
}

}  // namespace mkt
