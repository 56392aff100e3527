// mkt hold: keeps a connector back from updates, and shows what is held.
#include <fmt/format.h>

#include "cli/client/lock_file.h"
#include "cli/commands/command.h"
#include "cli/commands/installed_here.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

struct HoldArguments {
  std::string spec;
  bool undo = false;
  RootOption root;
};

Json describe_hold(const LockFile& lock, const std::string& id) {
  const auto held = lock.holds().find(id);
  return {{"id", id},
          {"version", lock.find(id)->version},
          {"hold", held == lock.holds().end() ? Json() : Json(held->second.text())}};
}

Status list_holds(const Session& session, const LockFile& lock) {
  Json all = Json::array();
  Table table({{"ID"}, {"VERSION"}, {"HOLD", Column::Fit::cut_end, 1}});
  for (const auto& [id, range] : lock.holds()) {
    all.push_back(describe_hold(lock, id));
    table.add({id, lock.find(id)->version, range.text()});
  }
  session.out.result({{"holds", all}}, table);
  if (table.empty()) session.out.note("nothing is held");
  return {};
}

Status change_hold(const Session& session, LockFile lock, const HoldArguments& a) {
  const std::size_t at = a.spec.find('@');
  MKT_TRY(const ConnectorId id, ConnectorId::parse(std::string_view(a.spec).substr(0, at)));
  const LockEntry* entry = lock.find(id.text());
  if (entry == nullptr) {
    return Error(ErrorCode::not_found,
                 fmt::format("{0} is not in {1}; install it first: mkt install {0}", id.text(),
                             printable(lock.path().string())));
  }
  const std::string version = entry->version;
  if (a.undo) {
    if (at != std::string::npos) {
      return Error(ErrorCode::usage_error, "--undo takes the id alone");
    }
    const bool was_held = lock.holds().contains(id.text());
    lock.hold(id.text(), std::nullopt);
    MKT_CHECK(lock.write());
    session.out.result(describe_hold(lock, id.text()),
                       fmt::format("{} {} held", id.text(), was_held ? "is no longer" : "was not"));
    return {};
  }
  if (at != std::string::npos && at + 1 == a.spec.size()) {
    return Error(ErrorCode::usage_error, "which versions? write a range after the @, such as 1.x");
  }
  const std::string text = at == std::string::npos ? version : a.spec.substr(at + 1);
  MKT_TRY(const VersionRange range, VersionRange::parse(text));
  lock.hold(id.text(), range);
  MKT_CHECK(lock.write());
  session.out.result(describe_hold(lock, id.text()),
                     fmt::format("{} is held at {}", id.text(), range.text()));
  MKT_TRY(const Version installed, Version::parse(version));
  if (!range.contains(installed)) {
    session.out.warn(
        fmt::format("{}@{} is installed, which is not within {}; it stays until a "
                    "newer version is",
                    id.text(), version, range.text()));
  }
  return {};
}

Status hold(const Session& session, const HoldArguments& a) {
  MKT_TRY(LockFile lock, LockFile::read_beside(a.root.folder()));
  if (!a.spec.empty()) return change_hold(session, std::move(lock), a);
  if (a.undo) return Error(ErrorCode::usage_error, "which connector? name one");
  return list_holds(session, lock);
}

}  // namespace

void add_hold_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<HoldArguments>();
  command.add_option("ID[@RANGE]", a->spec,
                     "The connector, and the versions that updates may take (default: none but the "
                     "installed one); without it, show what is held");
  command.add_flag("--undo", a->undo, "Let updates take any version again");
  add_root_option(&command, a->root);
  on_run(&command, session, [&session, a] { return hold(session, *a); });
}

}  // namespace mkt
