// What `mkt install` and `mkt update` have in common: for a tenant ask first and wait for its
// approvers where that is wanted; then install in order, and write the lock file.
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
  std::vector<Wish> wishes;  // what others depend on comes first
  InstallTarget target;
  bool keep_lock = true;  // write mkt.lock
  bool all_or_none = false;
  // How long to wait for approvals: nullopt not at all, 0 for ever.
  std::optional<std::chrono::milliseconds> wait;
};

Wish wish_for(ResolvedConnector resolved);

// --wait, --wait TIME, --wait=TIME of install and update: for approvals.
struct WaitOption {
  std::vector<std::string> given;
  CLI::Option* option = nullptr;

  // nullopt: not at all; 0: until it is decided. What stands behind --wait and its time, or is no
  // time, is among the command's other arguments and moves to `arguments`. usage_error for no time.
  Result<std::optional<std::chrono::milliseconds>> read(std::vector<std::string>& arguments) const;
};
void add_wait_option(CLI::App* command, WaitOption& wait);

// done, or waiting where approvals are missing; then nothing was installed.
Result<ExitStatus> carry_out(const Session& session, const InstallContext& context,
                             const InstallPlan& plan);

// Until none of the requests is pending, asking now and then. request_denied, request_expired,
// timed_out.
Status wait_for_approval(const Session& session, TenantClient& tenant,
                         const std::vector<wire::InstallRequestInfo>& pending,
                         std::chrono::milliseconds wait);

// The error that a request's end is: success where it was approved.
Status outcome_of(const wire::InstallRequestInfo& request);

}  // namespace mkt
