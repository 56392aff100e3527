// Several targets after one command, such as `mkt verify a.tgz b.tgz`: each gets its turn, whatever
// became of those before it, as with rm or sha256sum.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/commands/command.h"

namespace mkt {

struct TargetResult {
  Json document;
  std::string text;
};

// With one target its result is the command's. With several, --json prints {"results": […]} in the
// order given, errors among them, and the exit status is that of the first failure.
Status for_each_target(Session& session, const std::vector<std::string>& targets,
                       const std::function<Result<TargetResult>(const std::string&)>& act);

}  // namespace mkt
