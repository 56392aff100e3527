// Gives a complete tree the name of an installed connector, and can undo that.
//
// The new tree takes the target's name in one step, by an exchange with the old tree. It is synced
// first: a power cut must not leave a name without its bytes. Use from one thread; several
// processes may install the same connector at the same time.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "cli/client/receipt.h"
#include "common/base/result.h"
#include "common/connector/names.h"

namespace mkt {

// The prefix of the folders of unfinished installs. They are beside the target, so the last step is
// a rename; and hidden, so `mkt list` skips them.
inline constexpr std::string_view kStagingPrefix = ".mkt-install-";

// Only nothing, an empty folder, or an installed version of the same connector may be replaced;
// target_exists otherwise.
Result<std::optional<Receipt>> installed_before(const std::filesystem::path& target,
                                                const ConnectorId& id);

// target_exists where somebody edited what is installed there. Two installs at the same moment both
// pass: it reads again where the receipt changed meanwhile.
Status check_unedited(const std::filesystem::path& target, const ConnectorId& id);

// Repairs what a killed install left half replaced. Call it before looking at the target.
Status mend_target(const std::filesystem::path& target);

// A tree that has taken its target's name.
class PlacedTree {
 public:
  // `tree` must be on the target's file system. `bin` must be a folder of this process beside it
  // that outlives this object; what is removed goes there.
  static Result<PlacedTree> place(const std::filesystem::path& tree,
                                  const std::filesystem::path& target, const ConnectorId& id,
                                  const std::filesystem::path& bin);

  // Puts back what was there before, which may be nothing.
  Status undo();

 private:
  PlacedTree(std::filesystem::path target, std::filesystem::path old, std::filesystem::path bin)
      : target_(std::move(target)), old_(std::move(old)), bin_(std::move(bin)) {}

  std::filesystem::path target_;
  std::filesystem::path old_;  // where the former tree is; empty where there was none
  std::filesystem::path bin_;
};

}  // namespace mkt
