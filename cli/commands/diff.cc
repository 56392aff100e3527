// mkt diff: shows how two versions of a connector differ, or a version and a folder.
#include <fmt/format.h>

#include "cli/commands/command.h"
#include "cli/commands/diff_view.h"
#include "cli/commands/trust_options.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

struct DiffArguments {
  std::string before;
  std::string now;
  bool summary = false;
};

// Ids have no dots and slashes before an '@'; a folder or a file is named with one of them.
bool names_a_file(const std::string& text) {
  return text.substr(0, text.find('@')).find_first_of("./") != std::string::npos;
}

Result<DiffSide> side_of(const std::string& text) {
  if (names_a_file(text)) return DiffSide{std::nullopt, text};
  MKT_TRY(ConnectorSpec spec, ConnectorSpec::parse(text));
  return DiffSide{std::move(spec), ""};
}

Status run_diff_command(const Session& session, const DiffArguments& a) {
  MKT_TRY(const DiffSide before, side_of(a.before));
  MKT_TRY(DiffSide now, side_of(a.now.empty() ? a.before : a.now));
  if (a.now.empty()) {
    if (!before.version || !before.version->version) {
      return Error(ErrorCode::usage_error,
                   "compare with what? name a version (slack@1.3.0: with the latest), two of them, "
                   "or a version and a folder");
    }
    now.version->version.reset();
  }
  MKT_TRY(RegistryClient registry, session.registry());
  const Settings& settings = registry.settings();
  MKT_TRY(const Trust trust, open_trust(session, settings, registry, {}));
  MKT_TRY(const Difference difference,
          difference_of(session, settings, registry, trust, before, now,
                        a.summary ? Patch::left_out : Patch::wanted));
  session.out.paged_result(describe_difference(difference),
                           show_difference(session.out, difference));
  return {};
}

}  // namespace

void add_diff_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<DiffArguments>();
  command.add_option("BEFORE", a->before, "A version, or a connector's folder or tarball")
      ->type_name("ID@VERSION")
      ->required();
  command.add_option("NOW", a->now, "The other one (default: the latest version)")
      ->type_name("ID@VERSION|DIR");
  command.add_flag("--summary", a->summary, "Show which files differ, not how");
  on_run(&command, session, [&session, a] { return run_diff_command(session, *a); });
}

}  // namespace mkt
