// The SQL of install requests and their approvals. Functions run inside a caller's transaction.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "daemon/store/records.h"
#include "daemon/store/sqlite/database.h"

namespace mkt::request_queries {

std::optional<InstallRequestRecord> find(Database& db, std::string_view id);
// Newest first.
std::vector<InstallRequestRecord> list(Database& db, const InstallRequestQuery& query);
// The newest one for that version.
std::optional<InstallRequestRecord> latest(Database& db, std::string_view tenant_id,
                                           std::string_view connector_id, std::string_view version);
// Those waiting for a version, whichever the tenant.
std::vector<InstallRequestRecord> waiting_for(Database& db, const VersionRecord& version);

void insert(Database& db, const InstallRequestRecord& request);
// In the place of what the same approver has said.
void put_approval(Database& db, std::int64_t request_num, const ApprovalRecord& approval);
// Pending ones that this token has said yes to.
std::vector<InstallRequestRecord> approved_with(Database& db, std::string_view token_id);
void remove_approvals(Database& db, std::int64_t request_num, std::string_view token_id);
// Ends a request; `reason` is that of a denial.
void decide(Database& db, InstallRequestRecord& request, RequestStatus status,
            std::string_view decided_by, std::string_view reason, UtcTime at);
// Those that wait and whose time is over, oldest end first.
std::vector<InstallRequestRecord> overdue(Database& db, UtcTime now, std::uint32_t limit);

}  // namespace mkt::request_queries
