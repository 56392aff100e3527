// Deprecates a version, and undoes that. The version stays installable; `mkt install` warns.
#pragma once

#include <optional>

#include "common/connector/version.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// Deprecated with a reason, not deprecated without one; for owners and admins. not_owner,
// connector_not_found, version_not_found.
Result<VersionRecord> set_deprecated(const Marketplace& market, const Caller& caller,
                                     const ConnectorId& id, const Version& version,
                                     const std::optional<std::string>& reason);

// The change alone. `caller` must be an owner or an admin then; null for the registry itself.
// version_not_found.
Status keep_deprecation(const Marketplace& market, const Actor& actor, const Caller* caller,
                        std::string_view connector_id, std::string_view version,
                        const std::optional<std::string>& reason, UtcTime at);

}  // namespace mkt
