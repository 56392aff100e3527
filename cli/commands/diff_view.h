// Fetches two versions and shows how they differ; what `mkt diff` and `mkt request show --diff`
// share.
#pragma once

#include <optional>
#include <string>

#include "cli/client/registry_client.h"
#include "cli/client/trust.h"
#include "cli/client/version_diff.h"
#include "cli/commands/command.h"

namespace mkt {

struct Difference {
  std::string before;  // "slack@1.4.0"
  std::string now;
  std::vector<FileChange> files;
  std::vector<std::string> powers;  // compare_powers
  std::string patch;                // empty where it was not asked for
};

enum class Patch { wanted, left_out };

// One side: a version of the registry, which is downloaded and verified, or a connector's folder or
// tarball on this machine.
struct DiffSide {
  std::optional<ConnectorSpec> version;
  std::string source;  // used where there is no version
};

Result<Difference> difference_of(const Session& session, const Settings& settings,
                                 RegistryClient& registry, const Trust& trust,
                                 const DiffSide& before, const DiffSide& now, Patch patch);

Json describe_difference(const Difference& difference);
// For people, in colour where stdout has it; a patch in a pipe is printed as it is.
std::string show_difference(const Output& out, const Difference& difference);

}  // namespace mkt
