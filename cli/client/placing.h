// Giving a complete tree the name of an installed connector, and taking that back.
//
// The new tree takes the target's name in one step; what stood there is exchanged for it. On the
// disk first: a power cut must not leave a name without its bytes. Use from one thread; several
// processes may install the same connector at once.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "cli/client/receipt.h"
#include "common/base/result.h"
#include "common/connector/names.h"

namespace mkt {

// What folders of installs under way are called. Beside the target, so that the last step is a
// rename; hidden, so that `mkt list` passes over them.
inline constexpr std::string_view kStagingPrefix = ".mkt-install-";

// What may be replaced: nothing, an empty folder, or an installed version of the same connector.
// target_exists otherwise.
Result<std::optional<Receipt>> installed_before(const std::filesystem::path& target,
                                                const ConnectorId& id);

// target_exists where somebody edited what is installed there. Of two installs at the same moment
// each passes: it looks again where the receipt changed meanwhile.
Status check_unedited(const std::filesystem::path& target, const ConnectorId& id);

// What an install that was killed left half replaced, before anybody looks at it.
Status mend_target(const std::filesystem::path& target);

// A tree that has taken its target's name.
class PlacedTree {
 public:
  // `tree` must be on the target's file system, `bin` a folder of this process's own beside it,
  // which outlives this and takes what goes.
  static Result<PlacedTree> place(const std::filesystem::path& tree,
                                  const std::filesystem::path& target, const ConnectorId& id,
                                  const std::filesystem::path& bin);

  // Puts back what stood there before, or nothing where nothing did.
  Status undo();

 private:
  PlacedTree(std::filesystem::path target, std::filesystem::path old, std::filesystem::path bin)
      : target_(std::move(target)), old_(std::move(old)), bin_(std::move(bin)) {}

  std::filesystem::path target_;
  std::filesystem::path old_;  // where the former tree is; empty where there was none
  std::filesystem::path bin_;
};

}  // namespace mkt
