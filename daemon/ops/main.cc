// mktd: opens the data folder, starts serving, and waits for a signal.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <exception>

#include "common/base/log.h"
#include "common/base/standard_streams.h"
#include "common/base/utc_time.h"
#include "common/base/utf8.h"
#include "common/signing/key.h"
#include "daemon/http/listener.h"
#include "daemon/ops/completion.h"
#include "daemon/ops/daemon.h"
#include "daemon/ops/operations.h"
#include "daemon/ops/signals.h"

namespace mkt {
namespace {

// Each connection needs a descriptor, so take as many as the system allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// What is allowed, and is hardly meant: clients refuse the certificate, or none is ever shown.
void warn_of_certificate(const Configuration& c, const TlsContext& tls) {
  const auto warn = [&](const std::string& what) {
    write_to_stderr(fmt::format("mktd: warning: {}\n", what));
  };
  const std::string file = printable(c.tls_certificate);
  const UtcTime now = utc_now();
  if (tls.expires() <= now) {
    warn(fmt::format("the certificate in {} expired on {}, and clients refuse it", file,
                     format_utc(tls.expires())));
  } else if (tls.valid_from() > now) {
    warn(fmt::format("the certificate in {} is not valid before {}, and clients refuse it", file,
                     format_utc(tls.valid_from())));
  }
  const auto is_https = [](const std::string& a) { return a.starts_with(kHttpsScheme); };
  if (std::none_of(c.listen.begin(), c.listen.end(), is_https)) {
    warn(
        "tls-certificate is set, and no address in listen begins with https://; only a socket of "
        "systemd's that is named https would use it");
  }
}

int check_settings(const Configuration& c) {
  if (const auto files = c.tls_files()) {
    const auto tls = TlsContext::load(*files);
    if (!tls) {
      write_to_stderr(fmt::format("mktd: {}\n", tls.error().message));
      return static_cast<int>(exit_status(tls.error().code));
    }
    warn_of_certificate(c, *tls);
  }
  write_to_stdout("the settings are valid\n");
  return 0;
}

int run(int argc, char** argv) {
  // Files made here are private, except where the code says otherwise: the socket, mktd.url.
  ::umask(077);
  if (!init_crypto()) {
    write_to_stderr("mktd: the system gives no random numbers\n");
    return static_cast<int>(ExitStatus::unexpected);
  }
  if (const auto status = run_completion(argc, argv)) return *status;
  if (const auto status = run_operation(argc, argv)) return *status;
  const ParsedArguments parsed = parse_arguments(argc, argv);
  for (const std::string& problem : parsed.problems) {
    write_to_stderr(fmt::format("mktd: {}\n", problem));
  }
  if (parsed.exit_now) return *parsed.exit_now;
  if (parsed.configuration.check_only) return check_settings(parsed.configuration);
  configure_log(parsed.configuration);
  if (parsed.configuration.found_file) {
    log_event(LogLevel::info, "settings read", {{"file", parsed.configuration.file}});
  }
  raise_descriptor_limit();
  SignalWatch::block_signals();
  const auto status = [&]() -> Result<int> {
    MKT_TRY(const auto daemon,
            Daemon::open(parsed.configuration, [&] { return parse_arguments(argc, argv); }));
    return daemon->run();
  }();
  if (status) return *status;
  write_to_stderr(fmt::format("mktd: {}\n", status.error().message));
  return static_cast<int>(exit_status(status.error().code));
}

}  // namespace
}  // namespace mkt

int main(int argc, char** argv) {
  mkt::hold_standard_descriptors();
  try {
    const int status = mkt::run(argc, argv);
    const mkt::Status printed = mkt::flush_stdout();
    if (printed || status != 0) return status;
    mkt::write_to_stderr(fmt::format("mktd: {}\n", printed.error().message));
    return static_cast<int>(mkt::exit_status(printed.error().code));
  } catch (const std::exception& e) {
    mkt::write_to_stderr(fmt::format("mktd: unexpected failure: {}\n", e.what()));
    return static_cast<int>(mkt::ExitStatus::unexpected);
  }
}
