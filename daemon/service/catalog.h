// Looking at what is published, and handing it out.
#pragma once

#include <string>

#include "common/base/files.h"
#include "common/connector/version.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// connector_not_found.
Result<ConnectorWithVersions> show_connector(const Marketplace& market, const ConnectorId& id);

// `which` is a version or "latest". connector_not_found, version_not_found.
Result<VersionRecord> show_version(const Marketplace& market, const ConnectorId& id,
                                   std::string_view which);

struct Tarball {
  VersionRecord version;
  UniqueFd file;
};

// Also version_quarantined: such a version is listed, but not handed out.
Result<Tarball> open_tarball(const Marketplace& market, const ConnectorId& id,
                             std::string_view which);

}  // namespace mkt
