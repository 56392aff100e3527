// mkt: reads the command line, runs the command, and reports what went wrong.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <exception>

#include "cli/commands/command_table.h"
#include "cli/commands/complete.h"
#include "cli/commands/option_kinds.h"
#include "cli/commands/private_key_source.h"
#include "cli/commands/suggestions.h"
#include "common/base/standard_streams.h"
#include "common/base/user_folders.h"
#include "common/base/utf8.h"
#include "common/signing/key.h"
#include "mkt_version.h"

namespace mkt {
namespace {

// What to print of the document instead of all of it.
struct DocumentShapes {
  std::string format;
  std::string jq;
};

void add_common_options(CLI::App& app, Session& session, DocumentShapes& shapes) {
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
  app.add_option("--format", shapes.format,
                 "Print members of that document instead, e.g. '{id} {version}' (mkt help json)");
  app.add_option("--jq", shapes.jq, "Print what an expression of jq makes of that document");
  app.add_flag("-q,--quiet", session.out.quiet, "Print results and errors only");
  app.add_flag("--no-color", session.out.no_color, "Print without colours");
}

int fail(const Session& session, const Error& error) {
  session.out.error(error);
  return static_cast<int>(exit_status(error.code));
}

// Before the command acts: what is wrong with them is noticed while nothing has happened.
Status read_shapes(const CLI::App& app, const DocumentShapes& shapes, Output& out) {
  const bool by_template = app.count("--format") > 0;
  const bool by_filter = app.count("--jq") > 0;
  if (int{out.json} + int{by_template} + int{by_filter} > 1) {
    return Error(ErrorCode::usage_error, "only one of --json, --format and --jq");
  }
  if (by_template) {
    MKT_TRY(out.format, FormatTemplate::parse(shapes.format));
  }
  if (by_filter) {
    MKT_TRY(out.jq, JqFilter::compile(shapes.jq));
  }
  out.json = out.json || by_template || by_filter;
  return {};
}

// Commands that need no folder of the user's.
bool prints_only(const CLI::App& app) {
  return app.got_subcommand("completion") || app.got_subcommand("help") ||
         app.got_subcommand("version");
}

// CLI11 says "The following arguments were not expected: …", in no order to rely on; the first of
// them on the command line is the one that is wrong.
std::string describe_extras(const CLI::App& command, const std::vector<std::string>& words,
                            const std::string& what) {
  const std::string all = " " + what.substr(what.find(": ") + 2) + " ";
  const auto first = std::ranges::find_if(words, [&](const std::string& word) {
    return all.find(" " + word + " ") != std::string::npos;
  });
  const std::string extra = printable(first != words.end() ? *first : all);
  if (extra.starts_with('-')) {
    return fmt::format("{} has no option {}", full_name(command), extra);
  }
  if (command.get_subcommands([](const CLI::App*) { return true; }).empty()) {
    return fmt::format("{} does not take the argument {}", full_name(command), extra);
  }
  return fmt::format("{} has no command {}", full_name(command), extra);
}

// What was wrong with the command line, what was meant, and the usage of the command that was
// named.
int fail_usage(const Session& session, const CLI::App& app, const std::vector<std::string>& words,
               const std::string& what) {
  const CLI::App& command = command_of(app, words);
  const std::string name = full_name(command);
  const auto meant = meant_words(app, words);
  session.out.error(
      Error(ErrorCode::usage_error,
            fmt::format("{}; {}", what, meant ? *meant : "see: " + name + " --help")));
  if (!session.out.json && command.get_parent() != nullptr) {
    session.out.note(usage_of(command));
  }
  return static_cast<int>(exit_status(ErrorCode::usage_error));
}

// An error of the command; where something is not there, with what may have been meant.
int fail_command(const Session& session, Error error, const std::vector<std::string>& words) {
  if (exit_status(error.code) == ExitStatus::not_found) {
    if (const auto settings = session.settings()) {
      if (const auto meant = meant_id(*settings, error, words)) error.message += "; " + *meant;
    }
  }
  return fail(session, error);
}

// The exit status of a command that did its work, once all that it printed is written.
int end(const Session& session) {
  if (const Status printed = session.out.finish(); !printed) return fail(session, printed.error());
  return static_cast<int>(session.exit_status);
}

int run(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_DFL);  // `mkt list | head` ends quietly
  hold_environment_key();
  Session session;
  CLI::App app{"mkt packs, signs, publishes and installs connectors.", "mkt"};
  app.set_version_flag("-V,--version", "mkt " MKT_VERSION);
  app.require_subcommand(0, 1);
  app.footer(
      "Examples:\n  mkt init my-connector\n  mkt publish my-connector\n"
      "  mkt install my-connector\n\nmkt help COMMAND tells more; mkt help lists topics; see "
      "mkt(1).");
  DocumentShapes shapes;
  add_common_options(app, session, shapes);
  add_commands(app, session);
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  // Not through the parser, which would take the words for its own.
  if (words.size() >= 2 && words[0] == "__complete" && words[1] == "--") {
    name_kinds(app);
    print_candidates(app, session, {words.begin() + 2, words.end()});
    return end(session);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion& e) {
    app.exit(e);
    return end(session);
  } catch (const CLI::ParseError& e) {
    name_kinds(app);
    if (e.get_exit_code() == 0) {  // help, on stdout
      app.exit(e);
      return end(session);
    }
    const bool extras = dynamic_cast<const CLI::ExtrasError*>(&e) != nullptr;
    return fail_usage(session, app, words,
                      extras ? describe_extras(command_of(app, words), words, e.what()) : e.what());
  }
  if (const Status read = read_shapes(app, shapes, session.out); !read) {
    return fail(session, read.error());
  }
  if (app.got_subcommand("help")) name_kinds(app);
  if (!session.action) {
    return fail(session, Error(ErrorCode::usage_error, "which command? see: mkt --help"));
  }
  if (!prints_only(app)) {
    if (const Status known = require_user_folders(); !known) return fail(session, known.error());
  }
  if (!init_crypto()) {
    return fail(session, Error(ErrorCode::internal_error, "the system gives no random numbers"));
  }
  const Status status = session.action();
  if (!status) return fail_command(session, status.error(), words);
  return end(session);
}

}  // namespace
}  // namespace mkt

int main(int argc, char** argv) {
  mkt::hold_standard_descriptors();
  try {
    return mkt::run(argc, argv);
  } catch (const std::exception& e) {
    mkt::write_to_stderr(fmt::format("mkt: unexpected failure: {}\n", e.what()));
    return static_cast<int>(mkt::ExitStatus::unexpected);
  }
}
