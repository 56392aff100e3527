// Who completes a request.
#include "daemon/rules/approval_rules.h"

#include <doctest/doctest.h>

#include <string>

namespace mkt {
namespace {

const UtcTime kNow = *parse_utc("2026-01-31T12:00:00Z");

InstallRequestRecord request(const std::vector<std::string>& approvers) {
  InstallRequestRecord r;
  r.requested_by = "bob";
  r.expires_at = kNow + std::chrono::hours(1);
  for (const std::string& who : approvers) r.approvals.push_back({who, kNow, "", "", ""});
  return r;
}

TEST_CASE("the stricter policy of then and now counts") {
  InstallRequestRecord r = request({});
  r.min_approvals = 2;
  r.allow_self_approval = true;
  Policy now;
  now.min_approvals = 1;
  now.allow_self_approval = true;
  CHECK(quorum_of(r, now).approvals == 2);
  CHECK(quorum_of(r, now).self_counts);
  now.min_approvals = 3;
  now.allow_self_approval = false;
  CHECK(quorum_of(r, now).approvals == 3);
  CHECK_FALSE(quorum_of(r, now).self_counts);
}

TEST_CASE("each person counts once, however the name is written") {
  CHECK(count_approvals(request({"Alice", "alice ", "carol"}), {2, false}) == 2);
  CHECK(count_approvals(request({"BOB", "carol"}), {2, false}) == 1);
  CHECK(count_approvals(request({"BOB", "carol"}), {2, true}) == 2);
  CHECK(approval_of(request({"Alice"}), " alice") != nullptr);
  CHECK(approval_of(request({"Alice"}), "carol") == nullptr);
}

TEST_CASE("a request is over at its moment, and not before") {
  const InstallRequestRecord r = request({});
  CHECK(require_in_time(r, r.expires_at - std::chrono::milliseconds(1)));
  CHECK(require_in_time(r, r.expires_at).error().code == ErrorCode::request_expired);
  InstallRequestRecord decided = r;
  decided.status = RequestStatus::denied;
  CHECK(status_at(decided, r.expires_at) == RequestStatus::denied);
}

TEST_CASE("a request is outdated when something else was installed since") {
  InstallRequestRecord r = request({});
  CHECK(require_up_to_date(r, std::nullopt));
  InstallationRecord installed;
  installed.version = "1.0.0";
  installed.request_id = "req_1";
  CHECK(require_up_to_date(r, installed).error().code == ErrorCode::request_outdated);
  r.installed_version = "1.0.0";
  r.installed_request = "req_1";
  CHECK(require_up_to_date(r, installed));
  installed.request_id = "req_2";  // the same version again, by another request
  CHECK_FALSE(require_up_to_date(r, installed));
}

}  // namespace
}  // namespace mkt
