// Advising against a version, and taking that back. It stays installable; `mkt install` warns.
#pragma once

#include <optional>

#include "common/connector/version.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// With a reason deprecated, without one not; by an owner or an admin. not_owner,
// connector_not_found, version_not_found.
Result<VersionRecord> set_deprecated(const Marketplace& market, const Caller& caller,
                                     const ConnectorId& id, const Version& version,
                                     const std::optional<std::string>& reason);

// The commit. version_not_found.
Status keep_deprecation(const Marketplace& market, const Actor& actor,
                        std::string_view connector_id, std::string_view version,
                        const std::optional<std::string>& reason, UtcTime at);

}  // namespace mkt
