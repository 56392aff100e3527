#include "common/signing/key_proof.h"

#include <fmt/format.h>

namespace mkt {

std::string possession_text(const PublisherId& publisher, const PublicKey& key,
                            std::string_view challenge) {
  return fmt::format("mkt key possession v1\n{}\n{}\n{}\n", publisher.text(), key.fingerprint(),
                     challenge);
}

std::string endorsement_text(const PublisherId& publisher, const PublicKey& endorsing,
                             const PublicKey& endorsed) {
  return fmt::format("mkt key endorsement v1\n{}\n{}\n{}\n", publisher.text(),
                     endorsing.fingerprint(), endorsed.fingerprint());
}

std::string approval_text(const ApprovedInstall& i) {
  return fmt::format("mkt install approval v1\n{}\n{}\n{}@{}\n{}\n", i.request_id, i.tenant,
                     i.connector, i.version, i.checksum);
}

}  // namespace mkt
