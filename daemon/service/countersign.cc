#include "daemon/service/countersign.h"

#include <fmt/format.h>

#include "daemon/rules/install_rules.h"
#include "daemon/service/catalog.h"
#include "daemon/service/keys.h"
#include "daemon/service/publish.h"

namespace mkt {
namespace {

Status decide_to_countersign(Change& change, const VersionRecord& v) {
  Records& records = change.records();
  MKT_TRY(const KeyRecord key, hold_signer(records, v.published_by, v.signing_key_id, change.at()));
  const auto head = records.catalog().connector_head(v.connector_id, Hold::exclusive);
  if (head) MKT_CHECK(require_ownership(records, v, *head));
  const auto now_there = records.catalog().version_head(v.connector_id, v.version, Hold::exclusive);
  if (!now_there) return no_version(v.connector_id, v.version);
  if (now_there->withdrawn_at) return may_be_had(*now_there);
  const std::string name = fmt::format("{}@{}", v.connector_id, v.version);
  if (now_there->checksum != v.checksum) {
    return Error(ErrorCode::checksum_mismatch, fmt::format("the signature is over {}; {} has {}",
                                                           v.checksum, name, now_there->checksum));
  }
  Json document = signature_document(v, key);
  document["replaces"] = now_there->signing_key_id;
  const EntryRef accepted = change.log("version.countersign", name, document);
  VersionRecord countersigned = v;
  // What an admin said stands.
  countersigned.quarantined = !now_there->quarantine_reason.empty();
  records.catalog().replace_signature(countersigned, accepted);
  choose_latest(change, v.connector_id);
  return {};
}

}  // namespace

Status keep_countersignature(const Marketplace& market, const Actor& actor,
                             const VersionRecord& version, UtcTime at) {
  return market.change(actor, at, Touches::connector(version.connector_id),
                       [&](Change& change) { return decide_to_countersign(change, version); });
}

Result<VersionRecord> countersign(const Marketplace& market, const Caller& caller,
                                  const ConnectorId& id, const Version& version,
                                  const SignatureFile& signature) {
  MKT_TRY(const Signer signer, signer_of(market, caller, signature));
  MKT_TRY(VersionRecord record, show_version(market, caller, id, version.text()));
  MKT_TRY(const Checksum checksum, Checksum::parse(record.checksum));
  MKT_CHECK(verify_signature(signature, checksum, signer.key));
  record.signature = dump_json(signature.json());
  record.signing_key_id = signer.record.key_id;
  record.published_by = signer.record.publisher_id;
  MKT_CHECK(keep_countersignature(market, caller.actor(), record, market.now()));
  return show_version(market, caller, id, version.text());
}

}  // namespace mkt
