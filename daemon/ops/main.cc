// mktd: opens the data folder, starts the front door, waits for a signal.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <thread>

#include "common/signing/key.h"
#include "daemon/http/routes.h"
#include "daemon/http/server.h"
#include "daemon/ops/configuration.h"
#include "daemon/ops/discovery.h"
#include "daemon/ops/log.h"
#include "daemon/service/tokens.h"
#include "daemon/store/data_folder.h"
#include "daemon/store/sqlite/sqlite_store.h"

namespace mkt {
namespace {

constexpr int kTemporaryFailure = 75;  // EX_TEMPFAIL of sysexits.h: a supervisor should restart us

LogLevel log_level(std::string_view word) {
  if (word == "debug") return LogLevel::debug;
  if (word == "warning") return LogLevel::warning;
  if (word == "error") return LogLevel::error;
  return LogLevel::info;
}

// One descriptor a connection: take what the system allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Status write_first_admin_token(const Marketplace& market, const DataFolder& data) {
  MKT_TRY(const auto tokens, market.store.tokens());
  if (!tokens.empty()) return {};
  MKT_TRY(const CreatedToken created, create_first_admin_token(market));
  return write_file_atomically(data.admin_token(), created.secret + "\n", 0600);
}

Application make_application(const Marketplace& market, const Router& router, Usage& usage) {
  return [&](const RequestHead& head, BodyReader& body, const std::string& address,
             const std::string& request_id) -> Response {
    try {
      auto caller = authenticate(market, head, address, request_id);
      if (!caller) return error_response(caller.error(), request_id);
      if (caller->signed_in()) usage.token_used(caller->token_id, market.now());
      Request request{head, body, std::move(*caller), {}};
      auto response = router.dispatch(request);
      if (response) return std::move(*response);
      if (http_status(response.error().code) >= 500) {
        log_event(LogLevel::error, response.error().message,
                  {{"code", std::string(error_code_name(response.error().code))},
                   {"request", request_id}});
      }
      return error_response(response.error(), request_id);
    } catch (const std::exception& e) {
      log_event(LogLevel::error, "a request failed unexpectedly",
                {{"reason", e.what()}, {"request", request_id}});
      return error_response(Error(ErrorCode::internal_error,
                                  "the registry failed unexpectedly; its log has the reason"),
                            request_id);
    }
  };
}

AccessLog make_access_log(bool enabled) {
  if (!enabled) return [](const AccessRecord&) {};
  return [](const AccessRecord& r) {
    log_event(LogLevel::info, "request",
              {{"request", std::string(r.request_id)},
               {"address", std::string(r.address)},
               {"method", std::string(r.method)},
               {"path", std::string(r.path)},
               {"status", std::to_string(r.status)},
               {"in", std::to_string(r.request_bytes)},
               {"us", std::to_string(r.duration.count())}});
  };
}

// Stops the server on SIGTERM and SIGINT; a second one ends the process at once.
class SignalWatch {
 public:
  explicit SignalWatch(HttpServer& server) {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGUSR1);  // ends the watch itself
    thread_ = std::thread([this, &server] {
      bool asked = false;
      for (;;) {
        int signal = 0;
        sigwait(&signals_, &signal);
        if (signal == SIGUSR1) return;
        if (asked) ::_exit(128 + signal);
        asked = true;
        server.stop();
      }
    });
  }
  ~SignalWatch() {
    ::pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
  }
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  // In the first thread, before there are others: they inherit it.
  static void block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (int s : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&signals, s);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
  }

 private:
  sigset_t signals_{};
  std::thread thread_;
};

Result<int> serve(const Configuration& configuration) {
  MKT_TRY(const DataFolder data, DataFolder::open(configuration.data));
  MKT_TRY(const auto store, SqliteStore::open(data.database()));
  MKT_TRY(const auto blobs, BlobStore::open(data.blobs(), [&](const Checksum& checksum) {
            return store->blob_is_referenced(checksum.text());
          }));
  const Marketplace market{.store = *store,
                           .blobs = *blobs,
                           .limits = configuration.limits,
                           .now = utc_now,
                           .open_registration = configuration.registration == "open",
                           .challenges = {}};
  MKT_CHECK(write_first_admin_token(market, data));

  Usage usage(*store);
  Router router;
  add_catalog_routes(router, market, usage);
  add_publish_routes(router, market);
  add_publisher_routes(router, market);
  add_key_routes(router, market);
  add_owner_routes(router, market);
  add_log_routes(router, market);
  add_token_routes(router, market);
  add_operation_routes(router);

  HttpServer server(make_application(market, router, usage), make_access_log(configuration.access_log));
  for (const std::string& address : configuration.listen) MKT_CHECK(server.listen(address));
  MKT_CHECK(write_file_atomically(data.url(), server.url() + "\n", 0644));
  const Announcement announcement(server.url(), data.path());
  const SignalWatch signals(server);
  fmt::print(stderr, "mktd: listening on {}\n", server.url());
  server.run();
  ::unlink(data.url().c_str());
  log_event(LogLevel::info, "stopped", {});
  return store->broken() ? kTemporaryFailure : 0;
}

int run(int argc, char** argv) {
  const ParsedArguments parsed = parse_arguments(argc, argv);
  if (parsed.exit_now) return *parsed.exit_now;
  if (parsed.configuration.check_only) {
    fmt::print("the settings are valid\n");
    return 0;
  }
  set_log_level(log_level(parsed.configuration.log_level));
  if (!init_crypto()) {
    fmt::print(stderr, "mktd: the system gives no random numbers\n");
    return static_cast<int>(ExitStatus::unexpected);
  }
  raise_descriptor_limit();
  SignalWatch::block_signals();
  const auto status = serve(parsed.configuration);
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
