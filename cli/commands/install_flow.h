// What `mkt install` and `mkt update` share: they first ask for a tenant and wait for its approvers
// where that is wanted, then install in order, and write the lock file.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/client/installer.h"
#include "cli/client/resolver.h"
#include "cli/client/tenant_client.h"
#include "cli/commands/command.h"

namespace mkt {

struct InstallPlan {
  std::vector<Wish> wishes;  // dependencies come first
  InstallTarget target;
  bool keep_lock = true;  // write mkt.lock
  bool all_or_none = false;
  // How long to wait for approvals: nullopt not at all, 0 without limit.
  std::optional<std::chrono::milliseconds> wait;
};

Wish wish_for(ResolvedConnector resolved);

// The options --wait, --wait TIME and --wait=TIME of install and update, for approvals.
struct WaitOption {
  std::vector<std::string> given;
  CLI::Option* option = nullptr;

  // nullopt: do not wait; 0: wait until decided. CLI11 may take an argument of the command for the
  // time; what is not the time moves to `arguments`. usage_error for a malformed time.
  Result<std::optional<std::chrono::milliseconds>> read(std::vector<std::string>& arguments) const;
};
void add_wait_option(CLI::App* command, WaitOption& wait);

// done; or waiting where approvals are missing, and then nothing was installed.
Result<ExitStatus> carry_out(const Session& session, const InstallContext& context,
                             const InstallPlan& plan);

// Waits until no request is pending, asking from time to time. request_denied, request_expired,
// timed_out.
Status wait_for_approval(const Session& session, TenantClient& tenant,
                         const std::vector<wire::InstallRequestInfo>& pending,
                         std::chrono::milliseconds wait);

// The error that a request's end means; success where it was approved.
Status outcome_of(const wire::InstallRequestInfo& request);

}  // namespace mkt
