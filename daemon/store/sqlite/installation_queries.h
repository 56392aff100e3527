// The SQL of installations and their history. Functions run inside a caller's transaction.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "daemon/store/records.h"
#include "daemon/store/sqlite/database.h"

namespace mkt::installation_queries {

std::optional<InstallationRecord> find(Database& db, std::string_view tenant_id,
                                       std::string_view connector_id);
// By connector id, after that one.
std::vector<InstallationRecord> list(Database& db, std::string_view tenant_id,
                                     std::string_view after, std::uint32_t limit);
// By tenant, whichever it is.
std::vector<InstallationRecord> of_version(Database& db, const VersionRecord& version,
                                           std::uint32_t limit);
std::size_t count_of_version(Database& db, const VersionRecord& version);
// Newest first.
std::vector<InstallationEvent> history(Database& db, std::string_view tenant_id,
                                       std::string_view connector_id, std::uint32_t limit);

// What the tenant has installed or, where it uninstalled, had last.
std::optional<std::string> last_version(Database& db, std::string_view tenant_id,
                                        std::string_view connector_id);

// Installs what the request asks for, in the place of another version where there is one.
InstallationRecord install(Database& db, const InstallRequestRecord& request, UtcTime at,
                           const Actor& actor);
Result<InstallationRecord> uninstall(Database& db, std::string_view tenant_id,
                                     std::string_view connector_id, UtcTime at, const Actor& actor);

}  // namespace mkt::installation_queries
