// Requests: install requests and their approvals, as rows. Held with the tenant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_time.h"
#include "daemon/store/hold.h"

namespace mkt {

enum class RequestStatus { pending, approved, denied, expired, cancelled };
std::string_view request_status_name(RequestStatus status);
std::optional<RequestStatus> parse_request_status(std::string_view text);

struct ApprovalRecord {
  std::string approver;
  UtcTime approved_at;
  // The approver's key and signature (common/signing/approval_proof.h); empty where unsigned.
  std::string key_id;
  std::string signature;
  std::string token_id;  // that said so; empty where an older mktd kept it
};

struct InstallRequestRecord {
  std::int64_t num = 0;  // rises with every request
  std::string id;
  std::string tenant_id;
  std::string connector_id;
  std::string version;
  std::string checksum;
  std::string config;  // JSON object, compact
  RequestStatus status = RequestStatus::pending;
  std::string requested_by;  // the person, as Caller::person
  UtcTime requested_at;
  UtcTime expires_at;
  // As the policy was when it was asked; a stricter one of now counts.
  unsigned min_approvals = 1;
  bool allow_self_approval = false;
  std::string rule;               // of the policy, that decided
  std::string explanation;        // the same for a person
  std::string installed_version;  // then; empty for none
  std::string installed_request;  // that had brought it
  bool deprecated = false;        // the version was, then
  std::optional<UtcTime> decided_at;
  std::string decided_by;
  std::string reason;  // of a denial
  std::vector<ApprovalRecord> approvals;
};

struct InstallRequestQuery {
  std::string tenant_id;
  std::optional<RequestStatus> status;
  std::string connector_id;                 // empty for all
  std::optional<std::int64_t> before = {};  // requests with a smaller num
  std::uint32_t limit = 50;
  UtcTime now;  // pending ones that ended before it count as expired
};

class Requests {
 public:
  virtual ~Requests() = default;

  virtual std::optional<InstallRequestRecord> find(std::string_view id) const = 0;
  // Newest first.
  virtual std::vector<InstallRequestRecord> list(const InstallRequestQuery& query) const = 0;
  // The newest one for that version.
  virtual std::optional<InstallRequestRecord> latest(std::string_view tenant_id,
                                                     std::string_view connector_id,
                                                     std::string_view version) const = 0;
  // Pending ones for that version, of all tenants, oldest first.
  virtual std::vector<InstallRequestRecord> waiting_for(std::string_view connector_id,
                                                        std::string_view version) const = 0;
  // Pending ones that this token has approved, oldest first.
  virtual std::vector<InstallRequestRecord> approved_with(std::string_view token_id) const = 0;
  // Pending ones whose time is over, oldest end first.
  virtual std::vector<InstallRequestRecord> overdue(UtcTime now, std::uint32_t limit) const = 0;

  virtual void insert(const InstallRequestRecord& request) = 0;
  // In the place of what the same approver has said.
  virtual void put_approval(const InstallRequestRecord& request,
                            const ApprovalRecord& approval) = 0;
  virtual void remove_approvals(const InstallRequestRecord& request, std::string_view token_id) = 0;
  // Writes status, decided_at, decided_by and reason.
  virtual void decide(const InstallRequestRecord& request) = 0;
};

}  // namespace mkt
