// Which prereleases of a connector are too old to be kept, where the registry keeps only the
// newest.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/store/records/catalog.h"

namespace mkt {

// The prereleases that came before the `keep` newest ones, oldest first. Newest is what was
// published last. Releases and the connector's latest version are not in it; what is in quarantine
// is not in it and does not count either, since a person has yet to decide about it.
std::vector<std::string> old_prereleases(const std::vector<VersionRecord>& versions,
                                         std::string_view latest, std::size_t keep);

}  // namespace mkt
