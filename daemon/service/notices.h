// Notices: which publishers an entry of the audit log concerns, besides whoever made it.
//
// An entry about a connector concerns its owners, one about a publisher or its keys that publisher.
// So a publisher hears of what others did under its name: an admin, another owner, or somebody who
// has its key and another's token. Prereleases that are no longer kept (retention.h) concern
// nobody: there may be many a day.
//
// Mail needs a receiver that an admin has set up (mktd.conf(5)). Without one a publisher may ask
// what was signed with its keys. `mkt` does, and tells of what another token asked for.
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

// A version that a publisher's key signed, and whether the caller's own token asked for that.
struct Signing {
  SigningRecord record;
  bool by_caller = false;
};

// Of entries after that one, at most `limit`, the newest first. For the publisher and for admins.
Result<std::vector<Signing>> signed_as(const Marketplace& market, const Caller& caller,
                                       const PublisherId& publisher, std::int64_t after,
                                       std::uint32_t limit);

}  // namespace mkt
