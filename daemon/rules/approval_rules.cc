#include "daemon/rules/approval_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "daemon/rules/person.h"

namespace mkt {

Quorum quorum_of(const InstallRequestRecord& r, const Policy& now) {
  return {std::max(r.min_approvals, now.min_approvals),
          r.allow_self_approval && now.allow_self_approval};
}

std::size_t count_approvals(const InstallRequestRecord& r, const Quorum& quorum) {
  std::set<std::string> people;
  for (const ApprovalRecord& a : r.approvals) {
    if (quorum.self_counts || !same_person(a.approver, r.requested_by)) {
      people.insert(person_key(a.approver));
    }
  }
  return people.size();
}

const ApprovalRecord* approval_of(const InstallRequestRecord& r, std::string_view approver) {
  const auto it =
      std::find_if(r.approvals.begin(), r.approvals.end(),
                   [&](const ApprovalRecord& a) { return same_person(a.approver, approver); });
  return it == r.approvals.end() ? nullptr : &*it;
}

RequestStatus status_at(const InstallRequestRecord& r, UtcTime now) {
  const bool over = r.status == RequestStatus::pending && r.expires_at <= now;
  return over ? RequestStatus::expired : r.status;
}

Status require_in_time(const InstallRequestRecord& r, UtcTime now) {
  if (status_at(r, now) != RequestStatus::expired) return {};
  return Error(ErrorCode::request_expired,
               fmt::format("the request {} expired on {}; ask again: mkt install {}", r.id,
                           format_utc(r.expires_at), name_of(r)));
}

bool is_outdated(const InstallRequestRecord& r,
                 const std::optional<InstallationRecord>& installation) {
  return r.installed_version != (installation ? installation->version : "") ||
         r.installed_request != (installation ? installation->request_id : "");
}

Status require_up_to_date(const InstallRequestRecord& r,
                          const std::optional<InstallationRecord>& installation) {
  if (!is_outdated(r, installation)) return {};
  const auto name = [](const std::string& version) {
    return version.empty() ? std::string("nothing") : version;
  };
  return Error(ErrorCode::request_outdated,
               fmt::format("{} was requested when {} was installed, but that has changed (now {}); "
                           "ask again: mkt install {}",
                           name_of(r), name(r.installed_version),
                           name(installation ? installation->version : ""), name_of(r)));
}

std::string name_of(const InstallRequestRecord& r) {
  return fmt::format("{}@{}", r.connector_id, r.version);
}

}  // namespace mkt
