// What all use cases of install requests share: finding one, ending one, and writing the log.
#pragma once

#include <string>
#include <string_view>

#include "common/wire/policy.h"
#include "daemon/rules/approval_rules.h"
#include "daemon/rules/install_rules.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// A version that may be installed, with its publisher.
struct Wanted {
  VersionRecord version;
  PublisherRecord publisher;
};

// version_not_found, also where the tenant does not see the connector, and the errors of
// may_install. A change holds both.
Result<Wanted> wanted_version(const Records& records, std::string_view tenant_id,
                              std::string_view connector_id, std::string_view version, Hold hold);

// The policy's decision about it for that tenant.
Decision decide_now(const Records& records, const Policy& policy, const Wanted& wanted,
                    std::string_view tenant_id);

// policy_denied.
Error policy_denies(std::string_view tenant_id, const VersionRecord& version,
                    const Decision& decision);

// Finds a request of that tenant. request_not_found.
Result<InstallRequestRecord> require_request(const Records& records, std::string_view tenant_id,
                                             std::string_view id);

// request_decided, with who decided it and when.
Error already_decided(const InstallRequestRecord& request);

// Denies a request as the registry itself, for what happened to the version that it asks for. A
// tenant that no longer sees the connector is told only that it is not there.
void deny_taken_out(Change& change, InstallRequestRecord& request, const VersionRecord& version,
                    const std::string& reason);

// Ends a request now; `reason` is the reason for a denial.
void end_request(Change& change, InstallRequestRecord& request, RequestStatus status,
                 std::string_view decided_by, std::string_view reason);

// Denies it, as nobody may install the version any more.
void deny_request(Change& change, InstallRequestRecord& request, std::string_view reason);

// The ids of a request, for the log.
Json request_document(const InstallRequestRecord& request);
void log_denial(Change& change, const InstallRequestRecord& request);

// Installs what the request asks for; `before` is what the tenant has installed now.
InstallationRecord put_installation(Change& change, const InstallRequestRecord& request,
                                    const std::optional<InstallationRecord>& before);

}  // namespace mkt
