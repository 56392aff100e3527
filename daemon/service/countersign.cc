// Countersigning, top to bottom; see countersign.h.
#include "daemon/service/countersign.h"

#include "daemon/service/catalog.h"
#include "daemon/service/keys.h"

namespace mkt {

Result<VersionRecord> countersign(const Marketplace& market, const Caller& caller,
                                  const ConnectorId& id, const Version& version,
                                  const SignatureFile& signature) {
  MKT_TRY(const Signer signer, signer_of(market, caller, signature));
  MKT_TRY(VersionRecord record, show_version(market, id, version.text()));
  MKT_TRY(const Checksum checksum, Checksum::parse(record.checksum));
  MKT_CHECK(verify_signature(signature, checksum, signer.key));
  record.signature = dump_json(signature.json());
  record.signing_key_id = signer.record.key_id;
  record.published_by = signer.record.publisher_id;
  MKT_CHECK(market.store.countersign(record, market.now(), caller.actor()));
  return show_version(market, id, version.text());
}

}  // namespace mkt
