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
  // The approver's key and signature (common/signing/key_proof.h); empty where unsigned.
  std::string key_id;
  std::string signature;
  std::string token_id;  // of the approver; empty where an older mktd stored it
};

struct InstallRequestRecord {
  std::int64_t num = 0;  // grows with every request
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
  // From the policy at the time of the request. Where the present policy is stricter, it decides.
  unsigned min_approvals = 1;
  bool allow_self_approval = false;
  std::string rule;               // of the policy: the one that decided
  std::string explanation;        // the reason, for a person
  std::string installed_version;  // at the time of the request; empty for none
  std::string installed_request;  // the request that installed it
  bool deprecated = false;        // the version was deprecated at the time
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
  UtcTime now;  // pending requests that end before this time count as expired
};

class Requests {
 public:
  virtual ~Requests() = default;

  virtual std::optional<InstallRequestRecord> find(std::string_view id) const = 0;
  // Newest first.
  virtual std::vector<InstallRequestRecord> list(const InstallRequestQuery& query) const = 0;
  // The newest request for that version.
  virtual std::optional<InstallRequestRecord> latest(std::string_view tenant_id,
                                                     std::string_view connector_id,
                                                     std::string_view version) const = 0;
  // Pending requests for that version, of all tenants, oldest first.
  virtual std::vector<InstallRequestRecord> waiting_for(std::string_view connector_id,
                                                        std::string_view version) const = 0;
  // Did people approve that version for some tenant, by the newest request that the tenant has for
  // it?
  virtual bool is_approved(std::string_view connector_id, std::string_view version) const = 0;
  // Pending requests that this token has approved, oldest first.
  virtual std::vector<InstallRequestRecord> approved_with(std::string_view token_id) const = 0;
  // Pending requests whose time is over; the one that ended first comes first.
  virtual std::vector<InstallRequestRecord> overdue(UtcTime now, std::uint32_t limit) const = 0;

  virtual void insert(const InstallRequestRecord& request) = 0;
  // Replaces an earlier approval by the same approver.
  virtual void put_approval(const InstallRequestRecord& request,
                            const ApprovalRecord& approval) = 0;
  virtual void remove_approvals(const InstallRequestRecord& request, std::string_view token_id) = 0;
  // Writes status, decided_at, decided_by and reason.
  virtual void decide(const InstallRequestRecord& request) = 0;
};

}  // namespace mkt
