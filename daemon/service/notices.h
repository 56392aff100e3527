// Notices: which publishers an entry of the audit log concerns, besides whoever made it.
//
// An entry about a connector concerns its owners, one about a publisher or its keys that publisher.
// So a publisher hears of what others did under its name: an admin, another owner, or somebody who
// has its key and another's token.
#pragma once

#include <string>
#include <vector>

#include "daemon/service/marketplace.h"

namespace mkt {

struct Concerned {
  std::string publisher_id;
  std::string display_name;
  std::string email;
};

// In the order of their ids.
Result<std::vector<Concerned>> concerned_by(const Marketplace& market, const LogEntry& entry);

}  // namespace mkt
