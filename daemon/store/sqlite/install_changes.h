// What happens to install requests: asked, approved, denied, cancelled, over. Each function is the
// inside of one transaction, over the queries of requests, installations and policies.
#pragma once

#include "daemon/rules/install_rules.h"
#include "daemon/store/sqlite/database.h"

namespace mkt::install_changes {

Result<InstallOutcome> request(Database& db, const NewInstallRequest& wanted, const Actor& actor);
// What `request` would decide, with nobody's earlier request looked at.
Result<Decision> preview(Database& db, const NewInstallRequest& wanted);
Result<InstallRequestRecord> approve(Database& db, const NewApproval& approval, const Actor& actor);
// Why an approval would not go through now; success where it would.
Status may_approve(Database& db, const InstallRequestRecord& request);
Result<InstallRequestRecord> deny(Database& db, std::string_view tenant_id, std::string_view id,
                                  std::string_view by, std::string_view reason, UtcTime at,
                                  const Actor& actor);
Result<InstallRequestRecord> cancel(Database& db, std::string_view tenant_id, std::string_view id,
                                    RequestStatus from, std::string_view by, UtcTime at,
                                    const Actor& actor);
// A token is revoked: what it said yes to waits for another yes, where it waits still.
void withdraw_approvals(Database& db, std::string_view token_id, UtcTime at, const Actor& actor);
// Ends what is overdue; how many that were.
std::size_t expire(Database& db, UtcTime now);
// Nobody can approve a version in quarantine: what waits for it is denied.
void deny_quarantined(Database& db, InstallRequestRecord& request, std::string_view reason,
                      UtcTime at, const Actor& actor);

}  // namespace mkt::install_changes
