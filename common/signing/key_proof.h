// What a key signs besides checksums: that its owner has it, that another key succeeds it, and that
// its owner approves an install.
//
// The first line of each text differs and cannot be a checksum, so a signature made for one purpose
// is useless for another (mkt-signature(5)):
//
//   mkt key possession v1\n<publisher>\n<fingerprint>\n<challenge>\n
//   mkt key endorsement v1\n<publisher>\n<endorsing fingerprint>\n<endorsed fingerprint>\n
//   mkt install approval v1\n<request id>\n<tenant>\n<connector>@<version>\n<checksum>\n
//
// The registry gives out the challenge. An endorsement is made once, kept for ever, and shown by
// GET /v1/keys with the endorsed key: everybody who trusted the old key can check that the new one
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

// What is approved: exactly these bytes, for this tenant, in this request.
struct ApprovedInstall {
  std::string_view request_id, tenant, connector, version, checksum;
};
std::string approval_text(const ApprovedInstall& install);

}  // namespace mkt
