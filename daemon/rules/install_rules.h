// Decides whether a tenant may install a version, and whether people must approve it first. Used by
// `mkt policy check`, by the review of a request, and in the change that installs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/wire/policy.h"
#include "daemon/store/records/catalog.h"
#include "daemon/store/records/publishers.h"

namespace mkt {

// What a decision depends on.
struct InstallFacts {
  const VersionRecord& version;
  const PublisherRecord& publisher;
  // The version that the tenant has or, after an uninstall, had last. Without one this is the first
  // installation. So an uninstall does not avoid the questions about an update.
  const VersionRecord* installed = nullptr;
};

struct Decision {
  enum class Outcome { allowed, needs_approval, refused };
  Outcome outcome = Outcome::allowed;
  std::string rule;         // the policy's setting that decided: "blockedCapabilities"
  std::string explanation;  // for a person: "asks for the capability database"
};

// From the strictest rule to the mildest:
//   1. blockedConnectors, blockedCapabilities, allowedConnectors, allowedPublishers refuse;
//   2. autoApprovePatchUpdates allows a later patch of the installed version that asks for nothing
//      more;
//   3. requireApprovalForAll asks people;
//   4. requireApprovalForCapabilities and requireApprovalForPolicyClasses ask people where the
//      version has one of these or, in an update, has one that the installed version lacks;
//   5. autoApproveVerified skips rule 4 for the first installation of a verified publisher's
//      connector.
Decision decide(const Policy& policy, const InstallFacts& facts);

// Is the tarball given out? version_quarantined, version_withdrawn.
Status may_be_had(const VersionRecord& version);

// Independent of the policy: also publisher_suspended, publisher_banned.
Status may_install(const VersionRecord& version, const PublisherRecord& publisher);

}  // namespace mkt
