// mkt doctor: looks for what would make other commands fail, and says how to mend it.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "cli/client/local_checkup.h"
#include "cli/client/registry_checkup.h"
#include "cli/commands/command.h"
#include "cli/commands/installed_here.h"
#include "cli/terminal/text_width.h"

namespace mkt {
namespace {

// For each question to the registry, where --timeout says nothing else.
constexpr std::chrono::milliseconds kPatience{5'000};

struct DoctorArguments {
  RootOption root;
  bool offline = false;
};

Finding not_checked(const char* name) {
  return {name, Severity::warning, "not checked, as the settings cannot be used",
          "mend the settings first"};
}

std::vector<Finding> examine_all(const Session& session, const DoctorArguments& a) {
  std::vector<Finding> all = check_settings(session.flags);
  const auto add = [&](std::vector<Finding> more) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
  };
  if (auto settings = session.settings()) {
    add({check_proxy(settings->registry, process_environment())});
    if (settings->timeout.count() == 0) settings->timeout = kPatience;
    settings->wait_for_limits = false;
    settings->on_wait = {};
    if (!a.offline) add(check_registry(*settings, utc_now()));
    add(check_keys());
    add(check_pins(settings->registry));
  } else {
    for (const char* name : {"proxy", "registry"}) all.push_back(not_checked(name));
    add(check_keys());
    all.push_back(not_checked("pins"));
  }
  const std::string root = a.root.folder();
  add(check_installed(root));
  add(check_space(root));
  return all;
}

std::string_view mark_of(Severity severity) {
  return severity == Severity::ok ? "✓" : severity == Severity::warning ? "!" : "✗";
}

Tone tone_of(Severity severity) {
  return severity == Severity::ok        ? Tone::good
         : severity == Severity::warning ? Tone::caution
                                         : Tone::bad;
}

// A mark and a line for each, and below it how to mend it.
std::string for_people(const std::vector<Finding>& findings, const Output& out) {
  std::size_t widest = 0;
  for (const Finding& f : findings) widest = std::max(widest, f.name.size());
  const std::size_t margin = widest + 4;  // "✓ name  "
  const std::size_t columns = std::max<std::size_t>(out.screen().columns, margin + 20) - margin;
  const std::string indent(margin, ' ');
  std::string text;
  for (const Finding& f : findings) {
    std::string before = fmt::format(
        "{} {:<{}}  ", out.on_out(mark_of(f.severity), tone_of(f.severity)), f.name, widest);
    for (const std::string& line : wrap(f.message, columns)) {
      text += before + line + "\n";
      before = indent;
    }
    if (f.mend.empty()) continue;
    for (const std::string& line : wrap("→ " + f.mend, columns)) text += indent + line + "\n";
  }
  return text;
}

std::string for_programs(const std::vector<Finding>& findings) {
  Table table({{"STATUS"}, {"CHECK"}, {"MESSAGE"}, {"MEND"}});
  for (const Finding& f : findings) {
    table.add({std::string(severity_name(f.severity)), f.name, f.message, f.mend});
  }
  return table.for_programs();
}

Status examine_setup(Session& session, const DoctorArguments& a) {
  const std::vector<Finding> findings = examine_all(session, a);
  Json checks = Json::array();
  std::size_t errors = 0, warnings = 0;
  for (const Finding& f : findings) {
    checks.push_back({{"name", f.name},
                      {"status", severity_name(f.severity)},
                      {"message", f.message},
                      {"mend", f.mend}});
    errors += f.severity == Severity::error ? 1 : 0;
    warnings += f.severity == Severity::warning ? 1 : 0;
  }
  const Output& out = session.out;
  out.result({{"checks", checks}, {"ok", errors == 0}},
             out.screen().out_is_terminal ? for_people(findings, out) : for_programs(findings));
  if (errors + warnings > 0) {
    out.note(fmt::format("{} wrong, {} to look at", errors, warnings));
  }
  if (errors > 0) session.exit_status = ExitStatus::invalid;
  return {};
}

}  // namespace

void add_doctor_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<DoctorArguments>();
  add_root_option(&command, a->root);
  command.add_flag("--offline", a->offline, "Do not ask the registry");
  on_run(&command, session, [&session, a] { return examine_setup(session, *a); });
}

}  // namespace mkt
