// Places trees by rename and exchange.
#include "cli/client/placing.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/client/is_there.h"
#include "common/base/files.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr int kTries = 10;

// Where the old tree waits on a file system that cannot exchange two folders. Not below the staging
// folder, as what a killed install left there is removed.
fs::path aside_of(const fs::path& target) {
  return folder_of(target) / fmt::format(".mkt-old-{}", target.filename().string());
}

// After a kill between the two steps of replace_in_two_steps: puts the old tree back or, where the
// new one is in place, moves it to `bin` in one step, so that no half of it is left.
void mend_replacement(const fs::path& target, const fs::path& bin) {
  const fs::path aside = aside_of(target);
  if (!is_there(aside)) return;
  // rename(2) replaces a folder only where that is empty.
  if (::rename(aside.c_str(), target.c_str()) == 0) return;
  if (is_there(target)) ::rename(aside.c_str(), bin.c_str());
}

// For a file system where both folders exist and RENAME_EXCHANGE fails: 0, or the errno.
int replace_in_two_steps(const fs::path& tree, const fs::path& target) {
  const fs::path aside = aside_of(target);
  if (::rename(target.c_str(), aside.c_str()) != 0) return errno;
  return ::rename(tree.c_str(), target.c_str()) == 0 ? 0 : errno;
}

// 0, or the errno.
int put_at(const fs::path& tree, const fs::path& target, bool replaces) {
  const unsigned flags = replaces ? RENAME_EXCHANGE : 0;
  if (::renameat2(AT_FDCWD, tree.c_str(), AT_FDCWD, target.c_str(), flags) == 0) return 0;
  if (!replaces || (errno != EINVAL && errno != ENOSYS)) return errno;
  return replace_in_two_steps(tree, target);
}

// Another install or uninstall of the same connector created or removed it at this moment.
bool is_race(int reason) { return reason == ENOTEMPTY || reason == EEXIST || reason == ENOENT; }

Error cannot_put(const fs::path& target, int reason) {
  return system_error(fmt::format("cannot put the connector at {}", printable(target.string())),
                      reason);
}

}  // namespace

Result<std::optional<Receipt>> installed_before(const fs::path& target, const ConnectorId& id) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(target, error);
  if (!fs::exists(status)) return std::optional<Receipt>();
  if (!fs::is_directory(status)) {
    return Error(ErrorCode::target_exists,
                 fmt::format("{} is in the way and not a folder", printable(target.string())));
  }
  if (fs::is_empty(target, error)) return std::optional<Receipt>();
  auto receipt = Receipt::read(target);
  if (!receipt && receipt.error().code != ErrorCode::not_found) return receipt.error();
  if (!receipt && !is_there(target)) return std::optional<Receipt>();  // it disappeared just now
  if (!receipt || receipt->id != id.text()) {
    return Error(ErrorCode::target_exists,
                 fmt::format("{} holds {}; move it away, or install into another folder with --dir",
                             printable(target.string()),
                             receipt ? "the connector " + receipt->id
                                     : std::string("files that mkt did not install")));
  }
  return std::optional<Receipt>(std::move(*receipt));
}

Status check_unedited(const fs::path& target, const ConnectorId& id) {
  Status edited;
  for (int i = 0; i < kTries; ++i) {
    MKT_TRY(const auto before, installed_before(target, id));
    if (!before) return {};
    edited = check_tree(target, *before);
    if (edited || edited.error().code != ErrorCode::data_damaged) return edited;
    // Files that were only deleted come back; nothing is lost by that.
    const auto& found = edited.error().details;
    if (std::all_of(found.begin(), found.end(),
                    [](const auto& f) { return f.message == kMissing; })) {
      return {};
    }
    const auto after = Receipt::read(target);
    if (after && after->json() == before->json()) break;
  }
  return Error(ErrorCode::target_exists,
               edited.error().message +
                   "; keep what you changed elsewhere, or let it be overwritten: --force",
               edited.error().details);
}

Status mend_target(const fs::path& target) {
  if (!is_there(aside_of(target))) return {};
  MKT_TRY(const TemporaryFolder bin, TemporaryFolder::create(folder_of(target), kStagingPrefix));
  mend_replacement(target, bin.path() / "old");
  return {};
}

Result<PlacedTree> PlacedTree::place(const fs::path& tree, const fs::path& target,
                                     const ConnectorId& id, const fs::path& bin) {
  MKT_CHECK(sync_file_system(tree));
  int reason = 0;
  bool replaced = false;
  for (int i = 0; i < kTries; ++i) {
    mend_replacement(target, bin / fmt::format("mended-{}", i));
    const auto before = installed_before(target, id);
    if (!before && i + 1 < kTries) continue;  // it may appear any moment
    if (!before) return before.error();
    replaced = before->has_value();
    reason = put_at(tree, target, replaced);
    if (reason == 0 || !is_race(reason)) break;
  }
  const fs::path old = bin / "old";
  mend_replacement(target, old);
  if (reason != 0) return cannot_put(target, reason);
  // After an exchange, the former tree has the new one's name; after two steps, it went through
  // `aside`.
  PlacedTree placed(target, !replaced ? fs::path() : is_there(old) ? old : tree, bin);
  MKT_CHECK(sync_folder(folder_of(target)));
  return placed;
}

Status PlacedTree::undo() {
  const int reason =
      old_.empty() ? put_at(target_, bin_ / "undone", false) : put_at(old_, target_, true);
  if (reason != 0) return cannot_put(target_, reason);
  mend_replacement(target_, bin_ / "undone");
  return sync_folder(folder_of(target_));
}

}  // namespace mkt
