// What keys sign besides checksums.
#include "common/signing/key_proof.h"

#include <doctest/doctest.h>

#include "common/signing/signature_file.h"

namespace mkt {
namespace {

TEST_CASE("the texts are what mkt-signature(5) says, so that any client can sign them") {
  const PublisherId acme = *PublisherId::parse("acme");
  const PublicKey a = SecretKey::generate().public_key();
  const PublicKey b = SecretKey::generate().public_key();
  CHECK(possession_text(acme, a, "c") ==
        "mkt key possession v1\nacme\n" + a.fingerprint() + "\nc\n");
  CHECK(endorsement_text(acme, a, b) ==
        "mkt key endorsement v1\nacme\n" + a.fingerprint() + "\n" + b.fingerprint() + "\n");
}

TEST_CASE("a challenge cannot be made to look like a checksum or an endorsement") {
  const PublisherId acme = *PublisherId::parse("acme");
  const PublicKey key = SecretKey::generate().public_key();
  const std::string text = possession_text(acme, key, "sha256:" + std::string(64, 'a'));
  CHECK_FALSE(text.starts_with("sha256:"));
  CHECK_FALSE(text.starts_with("mkt key endorsement"));
}

}  // namespace
}  // namespace mkt
