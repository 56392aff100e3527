// A tarball ready to be signed and sent: packed from a folder, or read from a tarball file.
#pragma once

#include <optional>
#include <string>

#include "common/base/files.h"
#include "common/base/result.h"
#include "common/connector/archive_limits.h"
#include "common/connector/pack.h"

namespace mkt {

struct Publishable {
  UniqueFd file;
  Checksum checksum;
  std::uint64_t size;
  ConnectorId id;
  Version version;
  SourceTree tree;               // for a tarball file, nothing is left out
  std::optional<PackPlan> plan;  // where it was packed from a folder; its tree is moved to `tree`
};

// Reads all of it, so that what the registry would refuse is refused here.
Result<Publishable> prepare_publish(const std::string& source, const PackOptions& options);

// archive_unsafe, with every entry that looks like a secret.
Status check_no_secrets(const SourceTree& tree);

}  // namespace mkt
