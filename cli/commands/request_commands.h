// The parts of `mkt request` that have a file of their own.
#pragma once

#include <string>

#include "cli/client/tenant_client.h"
#include "cli/commands/command.h"

namespace mkt {

void add_request_watch_command(CLI::App& request, Session& session);

// "slack@1.4.0", safe to print.
std::string request_name(const wire::InstallRequestInfo& request);

}  // namespace mkt
