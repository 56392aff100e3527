// The answers about a tenant's policy; see messages.h for what all have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/wire/members.h"
#include "common/wire/policy.h"

namespace mkt::wire {

// GET and PUT /v1/tenants/{t}/policy
struct PolicyInfo {
  std::string tenant_id;
  std::int64_t revision = 0;  // 0: the default, which nobody has set
  std::optional<std::string> set_at;
  std::string set_by;
  Json policy;  // Policy; with the settings of a newer registry too

  MKT_MESSAGE(PolicyInfo);
};

// GET /v1/tenants/{t}/policy/history
struct PolicyHistoryInfo {
  std::vector<PolicyInfo> policies;  // newest first

  MKT_MESSAGE(PolicyHistoryInfo);
};

// GET /v1/tenants/{t}/policy/check
struct PolicyCheckInfo {
  std::string connector_id;
  std::string version;
  std::string outcome;  // install, approval, refused
  std::string rule;     // the setting that decides; empty: none does
  std::string explanation;

  MKT_MESSAGE(PolicyCheckInfo);
};

}  // namespace mkt::wire
