// The SQL of tenants' policies. Functions run inside a caller's transaction.
#pragma once

#include <optional>
#include <vector>

#include "common/base/result.h"
#include "common/wire/policy.h"
#include "daemon/store/records.h"
#include "daemon/store/sqlite/database.h"

namespace mkt::policy_queries {

// The one in force; nullopt for a tenant that has set none.
std::optional<PolicyRecord> current(Database& db, std::string_view tenant_id);
// The same, read; the default where none was set.
Result<Policy> in_force(Database& db, std::string_view tenant_id);
std::vector<PolicyRecord> history(Database& db, std::string_view tenant_id);
Result<PolicyRecord> set(Database& db, PolicyRecord policy,
                         std::optional<std::int64_t> expected_revision, const Actor& actor);

}  // namespace mkt::policy_queries
