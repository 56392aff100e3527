// `mktd status`: how the daemon of a data folder is, asked on its own machine: both ends of the
// question (control.h), and what can be said where no daemon answers.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"
#include "daemon/http/tls_gate.h"
#include "daemon/mirror/mirror.h"
#include "daemon/ops/health.h"
#include "daemon/service/marketplace.h"
#include "daemon/store/data_folder.h"

namespace mkt {

// The word after "do".
inline constexpr const char* kStatusQuestion = "status";

// In the daemon.
struct StatusSources {
  const Marketplace& market;
  const Health& health;
  const Mirror* mirror;  // null where there is none
  const DataFolder& data;
  const std::vector<std::string>& addresses;  // where it answers
  const TlsGate* tls = nullptr;               // null where there is no certificate
};
Result<Json> local_status(const StatusSources& sources);

// The document of `mktd status --json`; its `running` is false where no daemon has the folder.
Result<Json> ask_for_status(const std::filesystem::path& data);

std::string describe_status(const Json& status);
// As `systemctl status`: 0 where it runs, 3 where it does not; 7 where it runs and is not ready.
int exit_status_of(const Json& status);

}  // namespace mkt
