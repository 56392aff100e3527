// mkt: reads the command line, runs the command, and reports what went wrong.
#include <fmt/format.h>

#include <csignal>
#include <exception>

#include "cli/commands/command_table.h"
#include "common/base/user_folders.h"
#include "common/signing/key.h"
#include "mkt_version.h"

namespace mkt {
namespace {

void add_common_options(CLI::App& app, Session& session) {
  app.add_option("--registry", session.flags.registry,
                 "URL of the registry (default: $MKT_REGISTRY, config.toml, " +
                     std::string(kDefaultRegistry) + ")");
  app.add_option("--token-file", session.flags.token_file, "File that holds the token");
  app.add_option("--tenant", session.flags.tenant, "Tenant to install for");
  app.add_option("--timeout", session.flags.timeout, "How long a request may take, e.g. 30s");
  // --wait is its former name; after install and update, --wait means approvals.
  app.add_flag("--wait-for-limits,--wait", session.flags.wait,
               "Wait out a rate limit instead of failing (default in CI)");
  app.add_flag("--json", session.out.json, "Print one JSON document on stdout");
  app.add_flag("--quiet", session.out.quiet, "Print results and errors only");
  app.add_flag("--no-color", session.out.no_color, "Print without colours");
}

int fail(const Session& session, const Error& error) {
  session.out.error(error);
  return static_cast<int>(exit_status(error.code));
}

int run(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_DFL);  // `mkt list | head` ends quietly
  Session session;
  CLI::App app{"mkt packs, signs, publishes and installs connectors.", "mkt"};
  app.set_version_flag("--version", "mkt " MKT_VERSION);
  app.require_subcommand(0, 1);
  app.footer(
      "Examples:\n  mkt init my-connector\n  mkt publish my-connector\n"
      "  mkt install my-connector\n\nmkt COMMAND --help tells more; see mkt(1).");
  add_common_options(app, session);
  add_commands(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // help and version, on stdout
    return fail(session,
                Error(ErrorCode::usage_error, fmt::format("{}; see: mkt --help", e.what())));
  }
  if (!session.action) {
    return fail(session, Error(ErrorCode::usage_error, "which command? see: mkt --help"));
  }
  if (!app.got_subcommand("completion")) {  // which only prints
    if (const Status known = require_user_folders(); !known) return fail(session, known.error());
  }
  if (!init_crypto()) {
    return fail(session, Error(ErrorCode::internal_error, "the system gives no random numbers"));
  }
  const Status status = session.action();
  if (!status) return fail(session, status.error());
  if (std::fflush(stdout) != 0) {
    return fail(session, Error(ErrorCode::io_error, "cannot write to standard output"));
  }
  return static_cast<int>(session.exit_status);
}

}  // namespace
}  // namespace mkt

int main(int argc, char** argv) {
  try {
    return mkt::run(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "mkt: unexpected failure: {}\n", e.what());
    return static_cast<int>(mkt::ExitStatus::unexpected);
  }
}
