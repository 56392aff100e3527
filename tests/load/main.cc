// mkt-load: puts load on a registry, measures it, and holds it to its budgets; --help tells how.
//
// Exit status: 0 all within budget, 1 something broken, slower or failed, 2 wrong usage.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "common/base/duration.h"
#include "common/base/files.h"
#include "common/signing/key.h"
#include "tests/load/compare.h"
#include "tests/load/record.h"
#include "tests/load/report_html.h"
#include "tests/load/report_json.h"
#include "tests/load/scenario.h"

namespace mkt::load {
namespace {

constexpr std::uint64_t kMaxTokenBytes = 4096;
constexpr std::uint64_t kMaxReportBytes = 64 * 1024 * 1024;
constexpr int kRounds = 3;
constexpr int kBroken = 1;
constexpr int kWrongUsage = 2;

struct Arguments {
  Options options;
  std::string mktd, token_file, duration, compare, vs, output, budgets = MKT_LOAD_BUDGETS;
  std::vector<std::string> chosen;
  double rate = 0;
  double threshold = 1.25;
  std::size_t connections = 0;
  int rounds = kRounds;
  bool list = false;
};

void declare(CLI::App& app, Arguments& a) {
  app.add_option("--mktd", a.mktd, "The daemon to start, with temporary data, on loopback");
  app.add_option("--target", a.options.target, "Or the URL of a registry that runs already");
  app.add_option("--token-file", a.token_file, "An admin's token, for --target");
  app.add_flag("--quick", a.options.quick, "All scenarios in less than a minute, looser budgets");
  app.add_option("--scenario", a.chosen, "Only this one; may be given several times");
  app.add_option("--duration", a.duration, "How long a scenario measures: 30s, 10m");
  app.add_option("--rate", a.rate, "Requests a second, where a scenario has a fixed rate");
  app.add_option("--connections", a.connections, "Connections that are kept open");
  app.add_option("--output", a.output, "Folder for report.json and report.html");
  app.add_option("--compare", a.compare, "A report.json of before: prints ratios");
  app.add_option("--vs", a.vs, "Another mktd, run in turns with the first: prints ratios");
  app.add_option("--rounds", a.rounds, "How many turns with --vs")->capture_default_str();
  app.add_option("--threshold", a.threshold, "The worst ratio that is good")->capture_default_str();
  app.add_option("--budgets", a.budgets, "Folder of the budgets")->group("");
  app.add_flag("--list", a.list, "List the scenarios");
}

Status complete(Arguments& a) {
  Options& o = a.options;
  o.mktd = a.mktd;
  if (o.mktd.empty() == o.target.empty()) {
    return Error(ErrorCode::usage_error, "one of --mktd and --target is needed");
  }
  if (!o.target.empty()) {
    if (a.token_file.empty()) {
      return Error(ErrorCode::usage_error, "--target needs --token-file with an admin's token");
    }
    MKT_TRY(const std::string text, read_file(a.token_file, kMaxTokenBytes));
    o.token = text.substr(0, text.find('\n'));
  }
  if (!a.vs.empty() && !o.target.empty()) {
    return Error(ErrorCode::usage_error, "--vs starts both programs; it goes without --target");
  }
  if (!a.duration.empty()) {
    MKT_TRY(o.duration, parse_duration(a.duration));
  }
  if (a.rate > 0) o.rate = a.rate;
  if (a.connections > 0) o.connections = a.connections;
  for (const std::string& name : a.chosen) {
    const auto known = [&](const Scenario& s) { return s.name == name; };
    if (std::none_of(scenarios().begin(), scenarios().end(), known)) {
      return Error(ErrorCode::usage_error,
                   fmt::format("there is no scenario {}; --list shows them", name));
    }
  }
  return {};
}

bool is_chosen(const Arguments& a, const Scenario& scenario) {
  if (!a.chosen.empty()) {
    return std::find(a.chosen.begin(), a.chosen.end(), scenario.name) != a.chosen.end();
  }
  return a.options.target.empty() || !scenario.needs_own_daemon;
}

Record run_one(const Scenario& scenario, const Arguments& a) {
  Record record{std::string(scenario.name), std::string(scenario.about), {}, {}};
  auto budget = Budget::read(a.budgets, scenario.name, a.options.quick);
  if (!budget) throw std::runtime_error(budget.error().message);
  record.budget = std::move(*budget);
  if (scenario.needs_own_daemon && !a.options.target.empty()) {
    record.report.skipped.emplace_back("it needs a daemon of its own (--mktd)");
    return record;
  }
  try {
    record.report = scenario.run(a.options);
  } catch (const std::exception& e) {
    record.report.broken.emplace_back(e.what());
  }
  return record;
}

std::vector<Record> run_all(const Arguments& a) {
  std::vector<Record> records;
  for (const Scenario& scenario : scenarios()) {
    if (!is_chosen(a, scenario)) continue;
    records.push_back(run_one(scenario, a));
    std::cout << format_record(records.back()) << std::flush;
  }
  return records;
}

void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message);
}

void write_reports(const Arguments& a, const std::vector<Record>& records) {
  if (a.output.empty()) return;
  const ReportHead head = describe_machine(
      a.options.target.empty() ? a.options.mktd.string() : a.options.target, a.options.quick);
  const std::filesystem::path folder = a.output;
  must(make_folders(folder, 0755));
  must(write_file_atomically(folder / "report.json", dump_json_pretty(report_json(records, head)),
                             0644));
  must(write_file_atomically(folder / "report.html", report_html(records, head), 0644));
  std::cout << fmt::format("\n{} and report.json beside it\n", (folder / "report.html").string());
}

// Says what is broken; true where nothing is.
bool is_good(const std::vector<Record>& records) {
  bool good = true;
  for (const Record& record : records) {
    for (const std::string& what : record.broken()) {
      std::cerr << fmt::format("mkt-load: {}: {}\n", record.scenario, what);
      good = false;
    }
  }
  return good;
}

bool is_good(const std::vector<Ratio>& ratios, double threshold) {
  std::cout << "\n" << format_ratios(ratios, threshold);
  bool good = true;
  for (const Ratio& r : ratios) {
    if (r.ratio <= threshold) continue;
    std::cerr << fmt::format("mkt-load: {} is {:.2f} times as bad as before\n", r.what, r.ratio);
    good = false;
  }
  return good;
}

std::vector<Ratio> ratios_of(const Json& before, const Json& now) {
  auto ratios = compare_reports(before, now);
  if (!ratios) throw std::runtime_error(ratios.error().message);
  return std::move(*ratios);
}

std::vector<Ratio> compare_with_file(const std::string& file, const std::vector<Record>& records) {
  const auto text = read_file(file, kMaxReportBytes);
  if (!text) throw std::runtime_error(text.error().message);
  const auto before = parse_json(*text, file);
  if (!before) throw std::runtime_error(before.error().message);
  return ratios_of(*before, report_json(records, {}));
}

// The other program goes first in every second round: whatever comes second finds a warmer machine.
int run_versus(const Arguments& a) {
  Arguments other = a;
  other.options.mktd = a.vs;
  std::vector<std::vector<Ratio>> rounds;
  for (int round = 0; round < a.rounds; ++round) {
    std::cout << fmt::format("\nround {} of {}\n", round + 1, a.rounds) << std::flush;
    std::vector<Record> before, now;
    if (round % 2 == 1) now = run_all(a);
    before = run_all(other);
    if (round % 2 == 0) now = run_all(a);
    rounds.push_back(ratios_of(report_json(before, {}), report_json(now, {})));
  }
  std::cout << fmt::format("\nmedians of {} rounds; before is {}\n", a.rounds, a.vs);
  return is_good(medians(rounds), a.threshold) ? 0 : kBroken;
}

int run(const Arguments& a) {
  if (!a.vs.empty()) return run_versus(a);
  const std::vector<Record> records = run_all(a);
  write_reports(a, records);
  bool good = is_good(records);
  if (!a.compare.empty()) {
    good = is_good(compare_with_file(a.compare, records), a.threshold) && good;
  }
  return good ? 0 : kBroken;
}

int main(int argc, char** argv) {
  CLI::App app("Puts load on a registry and holds it to its budgets", "mkt-load");
  Arguments arguments;
  declare(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : kWrongUsage;
  }
  if (arguments.list) {
    for (const Scenario& s : scenarios()) std::cout << fmt::format("{:<16} {}\n", s.name, s.about);
    return 0;
  }
  if (const Status ready = complete(arguments); !ready) {
    std::cerr << "mkt-load: " << ready.error().message << "\n";
    return kWrongUsage;
  }
  if (!init_crypto()) return kBroken;
  try {
    return run(arguments);
  } catch (const std::exception& e) {
    std::cerr << "mkt-load: " << e.what() << "\n";
    return kBroken;
  }
}

}  // namespace
}  // namespace mkt::load

int main(int argc, char** argv) { return mkt::load::main(argc, argv); }
