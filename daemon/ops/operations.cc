#include "daemon/ops/operations.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <string>
#include <string_view>

#include "common/base/duration.h"
#include "common/base/json.h"
#include "common/base/standard_streams.h"
#include "common/base/text.h"
#include "common/base/utc_time.h"
#include "common/base/utf8.h"
#include "daemon/ops/backup.h"
#include "daemon/ops/cluster_status.h"
#include "daemon/ops/counted.h"
#include "daemon/ops/data_check.h"
#include "daemon/ops/folder_gc.h"
#include "daemon/ops/gc_question.h"
#include "daemon/ops/last_backup.h"
#include "daemon/ops/local_status.h"
#include "daemon/ops/migrate.h"
#include "daemon/ops/mirror_operations.h"
#include "daemon/ops/set_up_report.h"
#include "daemon/ops/shared_operations.h"
#include "daemon/ops/storage.h"
#include "daemon/store/postgres/postgres_store.h"

namespace mkt {
namespace {

constexpr auto kOperations = std::to_array<std::string_view>(
    {"init", "check", "backup", "restore", "gc", "migrate", "mirror", "status"});

// A publication of the same bytes is refused for some minutes after a removal (records/removals.h).
constexpr std::chrono::hours kLeastSharedAge{1};

// A step may build an index.
constexpr std::chrono::hours kUpgradePatience{12};

int fail(const OperationArguments& a, const Error& error) {
  if (a.json) {
    write_to_stdout(dump_json_pretty({{"error", error.message},
                                      {"code", error_code_name(error.code)},
                                      {"message", error.message}}));
  }
  write_to_stderr(fmt::format("mktd: {}\n", printable(error.message)));
  return static_cast<int>(exit_status(error.code));
}

void print(const OperationArguments& a, const Json& document, const std::string& text) {
  write_to_stdout(a.json ? dump_json_pretty(document) : text + "\n");
}

void tell_progress(const std::string& words) {
  write_to_stderr(fmt::format("mktd: {}\n", printable(words)));
}

// Whether the operation is on a marketplace that daemons share.
bool is_shared(const OperationArguments& a) { return !a.database.empty() || !a.blobs.empty(); }

Result<CheckReport> check_place(const OperationArguments& a) {
  if (!is_shared(a)) {
    return check_data(a.data, a.online ? std::optional(a.rate) : std::nullopt);
  }
  MKT_TRY(const SharedPlace place, SharedPlace::parse(a.database, a.blobs));
  return check_shared(place, tell_progress);
}

Result<BackupReport> back_up_place(const OperationArguments& a) {
  MKT_TRY(const auto chain, chain_for(a.since, a.file));
  if (!is_shared(a)) return back_up(a.data, a.file, chain);
  MKT_TRY(const SharedPlace place, SharedPlace::parse(a.database, a.blobs));
  return back_up_shared(place, a.file, chain, tell_progress);
}

int check(const OperationArguments& a) {
  const auto report = check_place(a);
  if (!report) return fail(a, report.error());
  std::string text;
  for (const std::string& line : report->damage) text += printable(line) + "\n";
  text += fmt::format(
      "{} of {}: {}", counted(report->blobs, "tarball"), counted(report->bytes, "byte"),
      report->damage.empty() ? "all sound" : fmt::format("{} damaged", report->damage.size()));
  if (report->removed > 0) {
    text += fmt::format("; {} {} removed since the check began", report->removed,
                        report->removed == 1 ? "was" : "were");
  }
  if (report->unreferenced > 0) {
    text += fmt::format("; {} more that nothing refers to (mktd gc)", report->unreferenced);
  }
  print(a,
        {{"tarballs", report->blobs},
         {"bytes", report->bytes},
         {"removedMeanwhile", report->removed},
         {"unreferenced", report->unreferenced},
         {"damage", report->damage}},
        text);
  return report->damage.empty() ? 0 : static_cast<int>(ExitStatus::damaged);
}

int backup(const OperationArguments& a) {
  const UtcTime began = utc_now();
  const auto report = back_up_place(a);
  if (!report) return fail(a, report.error());
  if (!is_shared(a)) note_backup(a.data, a.file, began);
  std::string text = fmt::format("{}: the database and {}, {}", printable(a.file),
                                 counted(report->blobs, "tarball"), counted(report->bytes, "byte"));
  if (!a.since.empty()) {
    text += fmt::format("; {} more {} in {} and before it", report->earlier_blobs,
                        report->earlier_blobs == 1 ? "is" : "are", printable(a.since));
  }
  print(a,
        {{"file", a.file},
         {"tarballs", report->blobs},
         {"bytes", report->bytes},
         {"since", a.since.empty() ? Json(nullptr) : Json(a.since)},
         {"earlierTarballs", report->earlier_blobs}},
        text);
  return 0;
}

int restore_backup(const OperationArguments& a) {
  const auto report = restore(a.file, a.data);
  if (!report) return fail(a, report.error());
  print(a, {{"data", a.data}, {"tarballs", report->blobs}, {"bytes", report->bytes}},
        fmt::format("restored {}, {}, into {}; all sound", counted(report->blobs, "tarball"),
                    counted(report->bytes, "byte"), printable(a.data)));
  return 0;
}

Result<GarbageReport> collect_garbage_in_place(const OperationArguments& a, GarbageAct act) {
  std::optional<std::chrono::milliseconds> age;
  if (!a.grace.empty()) {
    MKT_TRY(age, parse_duration_with_unit(a.grace));
  }
  if (is_shared(a)) {
    if (age && *age < kLeastSharedAge) {
      return Error(ErrorCode::usage_error,
                   "with --database, a --grace of less than an hour would refuse publications");
    }
    MKT_TRY(const SharedPlace place, SharedPlace::parse(a.database, a.blobs));
    return collect_shared_garbage(place, a.database, {age.value_or(kGarbageAge), act});
  }
  MKT_TRY(auto online, ask_to_collect(a.data, {age.value_or(kGarbageAge), act}));
  if (online) return std::move(*online);
  return collect_garbage(a.data, {age.value_or(std::chrono::milliseconds(0)), act});
}

int gc(const OperationArguments& a) {
  const GarbageAct act = a.dry_run ? GarbageAct::report : GarbageAct::remove;
  const auto report = collect_garbage_in_place(a, act);
  if (!report) return fail(a, report.error());
  std::string text;
  for (const Checksum& checksum : report->named) text += checksum.text() + "\n";
  if (report->blobs > report->named.size()) {
    text += fmt::format("and {} more\n", report->blobs - report->named.size());
  }
  text += fmt::format("{} {} that nothing refers to, {}", a.dry_run ? "would remove" : "removed",
                      counted(report->blobs, "tarball"), counted(report->bytes, "byte"));
  if (report->young > 0) {
    text += fmt::format("; {} {}, being young (--grace)", counted(report->young, "tarball"),
                        report->young == 1 ? "stays" : "stay");
  }
  if (report->unfinished > 0) {
    text +=
        fmt::format("; {} could not be removed: {}", report->unfinished, printable(report->reason));
  }
  print(a, garbage_document(*report, act), text);
  return static_cast<int>(report->unfinished > 0 ? ExitStatus::storage : ExitStatus::done);
}

// A line of the person at the terminal.
std::optional<std::string> ask_at_terminal(std::string_view question) {
  write_to_stderr(question);
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return line;
}

int init_folder(const OperationArguments& a) {
  const auto done = set_up(a.set_up, ::isatty(STDIN_FILENO) == 1 ? Ask(ask_at_terminal) : Ask());
  if (!done) return fail(a, done.error());
  print(a, set_up_document(*done), describe(*done));
  return 0;
}

int init(const OperationArguments& a) {
  if (a.database.empty()) return init_folder(a);
  const Status done = [&]() -> Status {
    MKT_TRY(const DataFolder data, DataFolder::open(a.data));
    return init_database(a.database, data);
  }();
  if (!done) return fail(a, done.error());
  const std::string token = (std::filesystem::path(a.data) / "admin.token").string();
  print(a, {{"data", a.data}, {"adminToken", token}},
        fmt::format("the database has its tables; the first admin's token is in {}",
                    printable(token)));
  return 0;
}

int status_here(const OperationArguments& a) {
  const auto status = ask_for_status(a.data);
  if (!status) return fail(a, status.error());
  print(a, *status, describe_status(*status));
  return exit_status_of(*status);
}

int status_of_cluster(const OperationArguments& a) {
  const auto state = ask_for_cluster(a.database);
  if (!state) return fail(a, state.error());
  print(a, cluster_document(*state), describe_cluster(*state));
  return 0;
}

bool names_database(const std::string& place) {
  return place.starts_with("postgresql://") || place.starts_with("postgres://");
}

Result<MoveReport> move_marketplace(const OperationArguments& a) {
  if (a.from.empty() || a.to.empty()) {
    return Error(ErrorCode::usage_error,
                 "which way? mktd migrate --from DIR --to postgresql://USER@HOST/NAME --blobs "
                 "s3://BUCKET, or back");
  }
  if (names_database(a.from) == names_database(a.to)) {
    return Error(ErrorCode::usage_error,
                 "a marketplace moves between a data folder and a database: one of --from and --to "
                 "is a folder, the other one postgresql://USER@HOST/NAME");
  }
  if (names_database(a.to)) {
    MKT_TRY(const SharedPlace place, SharedPlace::parse(a.to, a.blobs));
    return move_to_shared(a.from, place, tell_progress);
  }
  MKT_TRY(const SharedPlace place, SharedPlace::parse(a.from, a.blobs));
  return move_to_folder(place, a.to, tell_progress);
}

int upgrade(const OperationArguments& a) {
  if (a.database.empty()) {
    return fail(a, Error(ErrorCode::usage_error, "--upgrade needs --database URL"));
  }
  const auto report = PostgresStore::upgrade(a.database, kUpgradePatience);
  if (!report) return fail(a, report.error());
  std::string text = report->made.empty()
                         ? fmt::format("the tables have schema {}", report->version)
                         : fmt::format("the tables have schema {} now", report->version);
  if (report->waiting > 0) {
    text += fmt::format(
        "; schema {} waits until these daemons are replaced by newer ones: {}; then run this again",
        report->waiting, printable(fmt::format("{}", fmt::join(report->waits_for, ", "))));
  }
  print(a,
        {{"schema", report->version},
         {"made", report->made},
         {"waiting", report->waiting > 0 ? Json(report->waiting) : Json(nullptr)},
         {"waitsFor", report->waits_for}},
        text);
  return static_cast<int>(report->waiting > 0 ? ExitStatus::waiting : ExitStatus::done);
}

int migrate(const OperationArguments& a) {
  if (a.upgrade) return upgrade(a);
  const auto report = move_marketplace(a);
  if (!report) return fail(a, report.error());
  Json tables = Json::array();
  std::string text = fmt::format("{:<20} {:>10}  sha256\n", "table", "rows");
  std::uint64_t rows = 0;
  for (const MovedCount& count : report->tables) {
    rows += count.digest.rows;
    tables.push_back({{"table", count.table},
                      {"rows", count.digest.rows},
                      {"sha256", count.digest.sha256.hex()}});
    text += fmt::format("{:<20} {:>10}  {}\n", count.table, count.digest.rows,
                        count.digest.sha256.hex());
  }
  const std::uint64_t tarballs = report->tarballs.copied + report->tarballs.there;
  text += fmt::format("moved {} and {} ({} of them copied, {}) to {}", counted(rows, "row"),
                      counted(tarballs, "tarball"), report->tarballs.copied,
                      counted(report->tarballs.bytes, "byte"), printable(report->to));
  if (report->resumed) text += "; the rows were there already, from a run that was interrupted";
  print(a,
        {{"from", report->from},
         {"to", report->to},
         {"tables", std::move(tables)},
         {"tarballs", tarballs},
         {"copied", report->tarballs.copied},
         {"bytes", report->tarballs.bytes},
         {"resumed", report->resumed}},
        text);
  return 0;
}

}  // namespace

void add_operations(CLI::App& app, OperationArguments& a, int& status) {
  const CLI::Option* const data = app.add_option("--data", a.data, "The data folder")
                                      ->envname("MKTD_DATA")
                                      ->capture_default_str()
                                      // Without HOME the default is unknown.
                                      ->required(a.data.empty());
  app.add_flag("--json", a.json, "Print one JSON document on stdout");
  CLI::App* command = app.add_subcommand(
      "init", "Set up a registry: its data folder, its settings and the first admin's token");
  command->add_option("--config", a.set_up.config, "Write the settings into this file");
  CLI::Option* const reads =
      command
          ->add_option("--reads", a.set_up.reads,
                       "Who may search, read and download: anyone, or who has a token")
          ->check(CLI::IsMember({"anyone", "token"}));
  CLI::Option* const listen =
      command->add_option("--listen", a.set_up.listen,
                          "Address to answer on: HOST:PORT, https://HOST:PORT or unix:PATH");
  command
      ->add_option("--tls-certificate", a.set_up.tls_certificate,
                   "For https: the certificate and those it needs, PEM")
      ->needs(listen);
  command->add_option("--tls-key", a.set_up.tls_key, "For https: the certificate's key, PEM")
      ->needs(listen);
  command->add_flag("--yes", a.set_up.take_defaults, "Ask nothing: what no option says is usual");
  CLI::Option* const new_token =
      command
          ->add_flag("--new-admin-token", a.set_up.new_admin_token,
                     "Instead: make an admin's token in place of a lost one")
          ->excludes(reads)
          ->excludes(listen);
  command
      ->add_option("--database", a.database,
                   "Instead: make the tables of the database that daemons share")
      ->envname("MKTD_DATABASE")
      ->excludes(reads)
      ->excludes(listen)
      ->excludes(new_token);
  command->callback([&a, &status, data] {
    if (data->count() > 0) a.set_up.data = a.data;
    status = init(a);
  });
  const auto add_shared_place = [&a](CLI::App& operation) {
    operation.add_option("--database", a.database,
                         "Instead of the data folder, the database that daemons share");
    operation.add_option("--blobs", a.blobs, "Its tarballs: s3://BUCKET?endpoint=URL");
  };
  command = app.add_subcommand("check", "Check the database and every tarball");
  add_shared_place(*command);
  CLI::Option* const online =
      command->add_flag("--online", a.online, "Leave the disk to mktd, which serves meanwhile");
  command->add_option("--rate", a.rate, "Bytes of tarballs to read a second, with --online")
      ->capture_default_str()
      ->check([](const std::string& text) {
        return parse_whole<std::uint64_t>(text).value_or(0) > 0
                   ? std::string()
                   : fmt::format("\"{}\" is no number of bytes; write one from 1 on",
                                 printable(text));
      })
      ->needs(online);
  command->callback([&] { status = check(a); });
  command = app.add_subcommand("backup", "Write a backup, also while mktd runs");
  add_shared_place(*command);
  command->add_option("FILE", a.file, "The backup")->required();
  command->add_option("--since", a.since,
                      "Write only what this earlier backup, beside FILE, and those before it lack");
  command->callback([&] { status = backup(a); });
  command = app.add_subcommand("restore", "Make a data folder from a backup");
  command->add_option("FILE", a.file, "The backup")->required();
  command->callback([&] { status = restore_backup(a); });
  command = app.add_subcommand("gc", "Remove tarballs that nothing refers to");
  add_shared_place(*command);
  command->add_option(
      "--grace", a.grace,
      "Only what was put there longer ago than this, e.g. 24h, which is the default "
      "while mktd runs");
  command->add_flag("--dry-run", a.dry_run, "Only say what would be removed");
  command->callback([&] { status = gc(a); });
  command = app.add_subcommand(
      "migrate", "Move a marketplace to a database and a bucket that daemons share, or back");
  command->add_option("--from", a.from, "A data folder, or postgresql://USER@HOST/NAME");
  command->add_option("--to", a.to, "The other of the two; a folder must be new");
  command->add_option("--blobs", a.blobs, "The tarballs of the database: s3://BUCKET?endpoint=URL")
      ->envname("MKTD_BLOBS");
  command->add_flag("--upgrade", a.upgrade,
                    "Instead: change the tables of --database to what this mktd wants");
  command->add_option("--database", a.database, "postgresql://USER@HOST/NAME")
      ->envname("MKTD_DATABASE");
  command->callback([&] { status = migrate(a); });
  command = app.add_subcommand("status", "Show whether mktd runs here, and how it is");
  CLI::Option* const cluster_database =
      command->add_option("--database", a.database, "postgresql://USER@HOST/NAME")
          ->envname("MKTD_DATABASE");
  command->add_flag("--cluster", a.cluster, "Instead, the daemons that share a database")
      ->needs(cluster_database);
  command->callback([&] { status = a.cluster ? status_of_cluster(a) : status_here(a); });
  add_mirror_operations(app, a.data, a.json, status);
}

std::optional<int> run_operation(int argc, char** argv) {
  if (argc < 2 || std::find(kOperations.begin(), kOperations.end(), argv[1]) == kOperations.end()) {
    return std::nullopt;
  }
  CLI::App app{"Operations on what mktd keeps.", "mktd"};
  app.require_subcommand(1);
  app.fallthrough();
  OperationArguments a;
  int status = 0;
  add_operations(app, a, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // help, on stdout
    write_to_stderr(fmt::format("mktd: {}; see: mktd {} --help\n", printable(e.what()), argv[1]));
    return static_cast<int>(ExitStatus::invalid);
  }
  return status;
}

}  // namespace mkt
