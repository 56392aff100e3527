#include "daemon/service/quarantine.h"

#include <fmt/format.h>

#include <set>

#include "daemon/rules/install_rules.h"
#include "daemon/rules/revocation.h"
#include "daemon/service/catalog.h"
#include "daemon/service/install_requests.h"
#include "daemon/service/reason.h"

namespace mkt {
namespace {

Json word_document(const VersionRecord& v, const std::string& reason) {
  return {{"connector", v.connector_id},
          {"version", v.version},
          {"checksum", v.checksum},
          {"reason", reason}};
}

std::string name_of_version(const VersionRecord& v) {
  return fmt::format("{}@{}", v.connector_id, v.version);
}

Status require_word(const std::string& reason) {
  if (!reason.empty()) return check_reason(reason);
  return Error(ErrorCode::invalid_request, "say why: reason is missing",
               {{"reason", "is missing"}});
}

Result<Impact> decide_to_quarantine(Change& change, std::string_view connector_id,
                                    std::string_view version, const std::string& reason) {
  MKT_TRY(VersionRecord v, hold_to_take_out(change.records(), connector_id, version));
  if (v.withdrawn_at) return may_be_had(v).error();
  Impact impact = impact_of(change.records(), v);
  if (v.quarantine_reason == reason) return impact;
  v.quarantined = true;
  v.quarantine_reason = reason;
  change.records().catalog().set_quarantine(v);
  change.log("version.quarantine", name_of_version(v), word_document(v, reason));
  take_out(change, v, impact, fmt::format("{} is in quarantine: {}", name_of_version(v), reason));
  return impact;
}

// The key of its signature is held first, in the order of hold.h; a signature by another key may
// come between.
Status decide_to_release(Change& change, std::string_view connector_id, std::string_view version,
                         const std::string& reason) {
  Records& records = change.records();
  const auto seen = records.catalog().version_head(connector_id, version, Hold::fixed);
  if (!seen) return no_version(connector_id, version);
  const auto key = records.keys().find(seen->signing_key_id, Hold::shared);
  MKT_TRY(VersionRecord v, hold_to_take_out(records, connector_id, version));
  if (v.withdrawn_at) return may_be_had(v);
  if (v.signing_key_id != seen->signing_key_id) {
    return Error(ErrorCode::overloaded,
                 fmt::format("{} was signed again just now; try again", name_of_version(v)));
  }
  const bool stays = key && is_tainted(*key, v.signature_seq);
  if (v.quarantine_reason.empty()) return stays ? may_be_had(v) : Status();
  v.quarantine_reason.clear();
  v.quarantined = stays;
  records.catalog().set_quarantine(v);
  change.log("version.release", name_of_version(v), word_document(v, reason));
  choose_latest(change, connector_id);
  return {};
}

}  // namespace

Result<VersionRecord> hold_to_take_out(const Records& records, std::string_view connector_id,
                                       std::string_view version) {
  records.catalog().connector_head(connector_id, Hold::exclusive);
  auto held = records.catalog().version_head(connector_id, version, Hold::exclusive);
  if (!held) return no_version(connector_id, version);
  std::set<std::string> tenants;
  for (const InstallRequestRecord& r : records.requests().waiting_for(connector_id, version)) {
    tenants.insert(r.tenant_id);
  }
  for (const std::string& id : tenants) records.hold_tenant(id, Hold::exclusive);
  return std::move(*held);
}

Impact impact_of(const Records& records, const VersionRecord& v) {
  Impact impact;
  impact.requests = records.requests().waiting_for(v.connector_id, v.version);
  impact.request_count = impact.requests.size();
  impact.installations =
      records.installations().of_version(v.connector_id, v.version, Impact::kListed);
  impact.installation_count = records.installations().count_of_version(v.connector_id, v.version);
  return impact;
}

void take_out(Change& change, const VersionRecord& v, Impact& impact, const std::string& reason) {
  choose_latest(change, v.connector_id);
  for (InstallRequestRecord& r : impact.requests) deny_taken_out(change, r, v, reason);
}

Impact shown_to(const Caller& caller, Impact impact) {
  if (impact.requests.size() > Impact::kListed) impact.requests.resize(Impact::kListed);
  if (caller.is_admin()) return impact;
  impact.requests.clear();
  impact.installations.clear();
  return impact;
}

Result<Impact> keep_quarantine(const Marketplace& market, const Actor& actor,
                               std::string_view connector_id, std::string_view version,
                               const std::string& reason, UtcTime at) {
  return market.change(
      actor, at, Touches::connector(std::string(connector_id)),
      [&](Change& change) { return decide_to_quarantine(change, connector_id, version, reason); });
}

Status keep_release(const Marketplace& market, const Actor& actor, std::string_view connector_id,
                    std::string_view version, const std::string& reason, UtcTime at) {
  return market.change(
      actor, at, Touches::connector(std::string(connector_id)),
      [&](Change& change) { return decide_to_release(change, connector_id, version, reason); });
}

Result<TakenOut> quarantine_version(const Marketplace& market, const Caller& caller,
                                    const ConnectorId& id, const Version& version,
                                    const std::string& reason) {
  MKT_CHECK(require_admin(caller));
  MKT_CHECK(require_word(reason));
  MKT_TRY(const auto dependants, list_dependants_on(market, caller, id, version.text()));
  MKT_TRY(Impact impact,
          keep_quarantine(market, caller.actor(), id.text(), version.text(), reason, market.now()));
  impact.dependants = dependants;
  MKT_TRY(VersionRecord now, show_version(market, caller, id, version.text()));
  return TakenOut{std::move(now), shown_to(caller, std::move(impact))};
}

Result<VersionRecord> release_version(const Marketplace& market, const Caller& caller,
                                      const ConnectorId& id, const Version& version,
                                      const std::string& reason) {
  MKT_CHECK(require_admin(caller));
  MKT_CHECK(require_word(reason));
  MKT_CHECK(keep_release(market, caller.actor(), id.text(), version.text(), reason, market.now()));
  return show_version(market, caller, id, version.text());
}

}  // namespace mkt
