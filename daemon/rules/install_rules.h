// May this tenant install this version, and must people say yes first? Asked by `mkt policy
// check`, by the review of a request, and inside the change that installs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/wire/policy.h"
#include "daemon/store/records/catalog.h"
#include "daemon/store/records/publishers.h"

namespace mkt {

// What a decision goes by.
struct InstallFacts {
  const VersionRecord& version;
  const PublisherRecord& publisher;
  // The version that the tenant has or, where it uninstalled, had last. Without one this is the
  // first installation: uninstalling is no way around what an update is asked about.
  const VersionRecord* installed = nullptr;
};

struct Decision {
  enum class Outcome { allowed, needs_approval, refused };
  Outcome outcome = Outcome::allowed;
  std::string rule;         // the policy's setting that decides: "blockedCapabilities"
  std::string explanation;  // for a person: "asks for the capability database"
};

// From the strictest rule to the mildest:
//   1. blockedConnectors, blockedCapabilities, allowedConnectors, allowedPublishers refuse;
//   2. autoApprovePatchUpdates lets a later patch of the installed version in that asks for nothing
//      more;
//   3. requireApprovalForAll asks people;
//   4. requireApprovalForCapabilities and requireApprovalForPolicyClasses ask them where the
//      version has one of these, or, in an update, has one that the installed version has not;
//   5. autoApproveVerified spares the first installation of a verified publisher's connector 4.
Decision decide(const Policy& policy, const InstallFacts& facts);

// Whatever the policy says: version_quarantined, publisher_suspended, publisher_banned.
Status may_install(const VersionRecord& version, const PublisherRecord& publisher);

}  // namespace mkt
