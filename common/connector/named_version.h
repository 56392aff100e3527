// A version of a connector, named whole: ID@VERSION.
#pragma once

#include <string>

#include "common/connector/names.h"
#include "common/connector/version.h"

namespace mkt {

struct NamedVersion {
  ConnectorId id;
  Version version;

  std::string text() const { return id.text() + '@' + version.text(); }
};

}  // namespace mkt
