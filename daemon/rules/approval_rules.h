// Decides when an install request has enough approvals, and whether it is still up to date.
//
// A request needs as many people as the stricter of two policies wants: the one in force when it
// was made, and the one in force now. The requester counts only where both allow it.
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
  bool self_counts = false;  // the requester's own approval counts
};

Quorum quorum_of(const InstallRequestRecord& request, const Policy& now);

// How many people have approved it, counted as the quorum says.
std::size_t count_approvals(const InstallRequestRecord& request, const Quorum& quorum);

// That person's approval; null where there is none.
const ApprovalRecord* approval_of(const InstallRequestRecord& request, std::string_view approver);

// The status at that time: a pending request that is overdue counts as expired.
RequestStatus status_at(const InstallRequestRecord& request, UtcTime now);

// request_expired.
Status require_in_time(const InstallRequestRecord& request, UtcTime now);

// True where the tenant has something else installed than what the request was to replace.
bool is_outdated(const InstallRequestRecord& request,
                 const std::optional<InstallationRecord>& installation);
// request_outdated.
Status require_up_to_date(const InstallRequestRecord& request,
                          const std::optional<InstallationRecord>& installation);

// "tool@1.2.0"
std::string name_of(const InstallRequestRecord& request);

}  // namespace mkt
