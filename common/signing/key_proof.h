// What a key signs besides checksums: that its holder is there, that another key follows it, and
// that its holder approves an install.
//
// Each text begins with a line of its own that no checksum can be, so that a signature made for one
// purpose is worth nothing for another (mkt-signature(5)):
//
//   mkt key possession v1\n<publisher>\n<fingerprint>\n<challenge>\n
//   mkt key endorsement v1\n<publisher>\n<endorsing fingerprint>\n<endorsed fingerprint>\n
//   mkt install approval v1\n<request id>\n<tenant>\n<connector>@<version>\n<checksum>\n
//
// The registry hands out the challenge. The endorsement is made once, kept for ever, and shown with
// the endorsed key by GET /v1/keys: whoever trusted the old key can see for itself that the new one
// is its successor. Values; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "common/connector/names.h"
#include "common/signing/key.h"

namespace mkt {

std::string possession_text(const PublisherId& publisher, const PublicKey& key,
                            std::string_view challenge);

std::string endorsement_text(const PublisherId& publisher, const PublicKey& endorsing,
                             const PublicKey& endorsed);

// What exactly is approved: these bytes, for this tenant, in this request.
struct ApprovedInstall {
  std::string_view request_id, tenant, connector, version, checksum;
};
std::string approval_text(const ApprovedInstall& install);

}  // namespace mkt
