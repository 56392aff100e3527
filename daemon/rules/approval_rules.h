// Who completes an install request, and whether it still asks for what it asked for.
//
// A request is completed by as many people as the stricter of two policies wants: the one in force
// when it was asked for, and the one in force now. Whoever asked counts only where both let them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "common/base/result.h"
#include "common/wire/policy.h"
#include "daemon/store/records/installations.h"
#include "daemon/store/records/requests.h"

namespace mkt {

struct Quorum {
  unsigned approvals = 1;
  bool self_counts = false;  // the approval of whoever asked
};

Quorum quorum_of(const InstallRequestRecord& request, const Policy& now);

// How many people have approved it, as the quorum counts them.
std::size_t count_approvals(const InstallRequestRecord& request, const Quorum& quorum);

// That person's approval; null for none.
const ApprovalRecord* approval_of(const InstallRequestRecord& request, std::string_view approver);

// Pending ones that are overdue count as expired from that moment on.
RequestStatus status_at(const InstallRequestRecord& request, UtcTime now);

// request_expired.
Status require_in_time(const InstallRequestRecord& request, UtcTime now);

// Is what the tenant has installed not what the request was to take the place of?
bool is_outdated(const InstallRequestRecord& request,
                 const std::optional<InstallationRecord>& installation);
// request_outdated.
Status require_up_to_date(const InstallRequestRecord& request,
                          const std::optional<InstallationRecord>& installation);

// "tool@1.2.0"
std::string name_of(const InstallRequestRecord& request);

}  // namespace mkt
