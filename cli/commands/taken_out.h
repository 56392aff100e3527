// What quarantine and withdraw have in common: a version named whole, and what taking it out of
// reach hits.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/connector/names.h"
#include "common/connector/version.h"
#include "common/wire/withdrawal_messages.h"

namespace mkt {

struct NamedVersion {
  ConnectorId id;
  Version version;

  std::string text() const;
};

// usage_error where the version is missing.
Result<NamedVersion> named_version(std::string_view text);

// A line for each kind of what it hits, dependants first; ends with a line end, or is empty.
std::string describe_hits(const wire::TakenOutInfo& out);

}  // namespace mkt
