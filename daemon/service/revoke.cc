#include "daemon/service/revoke.h"

#include <fmt/format.h>

#include <iterator>
#include <set>

#include "daemon/service/catalog.h"
#include "daemon/service/install_requests.h"
#include "daemon/service/keys.h"
#include "daemon/service/reason.h"
#include "daemon/service/visibility.h"

namespace mkt {
namespace {

// The versions to quarantine, and the requests that wait for them.
struct Reach {
  std::vector<VersionRecord> versions;
  std::vector<InstallRequestRecord> requests;
};

Error no_key(const std::string& key_id) {
  return Error(ErrorCode::key_not_found, fmt::format("the registry knows no key {}", key_id));
}

RevocationPlan plan(const Records& records, const KeyRecord& key, const Revocation& r) {
  const auto first =
      r.compromised_since ? records.log().first_since(*r.compromised_since) : std::nullopt;
  return plan_revocation(key, r, first);
}

Reach find_reach(const Records& records, const std::string& key_id, const RevocationPlan& p) {
  Reach reach;
  if (!p.changes || !p.compromised_seq) return reach;
  reach.versions = records.catalog().signed_since(key_id, *p.compromised_seq);
  for (const VersionRecord& v : reach.versions) {
    auto waiting = records.requests().waiting_for(v.connector_id, v.version);
    std::move(waiting.begin(), waiting.end(), std::back_inserter(reach.requests));
  }
  return reach;
}

// Holds everything that the revocation affects: connectors, versions, tenants. What was read before
// the holds may have changed since, so it is read again under them.
Reach hold_reach(const Records& records, const std::string& key_id, const RevocationPlan& p) {
  std::set<std::string> connectors, tenants;
  const Reach seen = find_reach(records, key_id, p);
  for (const VersionRecord& v : seen.versions) connectors.insert(v.connector_id);
  for (const InstallRequestRecord& r : seen.requests) tenants.insert(r.tenant_id);
  for (const std::string& id : connectors) records.catalog().connector_head(id, Hold::exclusive);
  if (p.changes && p.compromised_seq) {
    records.catalog().hold_signed_since(key_id, *p.compromised_seq);
  }
  for (const std::string& id : tenants) records.hold_tenant(id, Hold::exclusive);
  return find_reach(records, key_id, p);
}

template <typename Record>
std::vector<Record> first_ones(std::vector<Record> all) {
  if (all.size() > RevocationOutcome::kListed) all.resize(RevocationOutcome::kListed);
  return all;
}

RevocationOutcome outcome_of(const Records& records, KeyRecord key, bool changed, Reach reach) {
  RevocationOutcome outcome;
  outcome.key = std::move(key);
  outcome.changed = changed;
  const Installations& installations = records.installations();
  for (const VersionRecord& v : reach.versions) {
    outcome.installation_count += installations.count_of_version(v.connector_id, v.version);
    const std::size_t room = RevocationOutcome::kListed - outcome.installations.size();
    auto more =
        installations.of_version(v.connector_id, v.version, static_cast<std::uint32_t>(room));
    std::move(more.begin(), more.end(), std::back_inserter(outcome.installations));
  }
  outcome.hit_count = reach.versions.size();
  outcome.request_count = reach.requests.size();
  outcome.hit = first_ones(std::move(reach.versions));
  outcome.requests = first_ones(std::move(reach.requests));
  return outcome;
}

void quarantine(Change& change, const VersionRecord& v) {
  VersionRecord quarantined = v;
  quarantined.quarantined = true;
  change.records().catalog().set_quarantine(quarantined);
  change.records().touch_connector(v.connector_id);
  change.log("version.quarantine", fmt::format("{}@{}", v.connector_id, v.version),
             {{"connector", v.connector_id},
              {"version", v.version},
              {"checksum", v.checksum},
              {"keyId", v.signing_key_id}});
}

Json document_of(const KeyRecord& key, const Revocation& r) {
  Json document{{"publisher", key.publisher_id},
                {"keyId", key.key_id},
                {"publicKey", key.public_key},
                {"reasonCode", key.reason_code},
                {"reason", r.reason}};
  if (key.compromised_seq && *key.compromised_seq != kOwnNumber) {
    document["compromisedFrom"] = *key.compromised_seq;
  }
  return document;
}

Result<RevocationOutcome> decide_to_revoke(Change& change, const Revocation& r) {
  Records& records = change.records();
  const auto before = records.keys().find(r.key_id, Hold::exclusive);
  if (!before) return no_key(r.key_id);
  const RevocationPlan p = plan(records, *before, r);
  if (!p.changes) return outcome_of(records, *before, false, {});
  Reach reach = hold_reach(records, r.key_id, p);

  const KeyRecord key = revoked(*before, r, p, change.actor().who);
  records.keys().end(key, change.log("key.revoke", key.key_id, document_of(key, r)));
  std::set<std::string> connectors;
  for (const VersionRecord& v : reach.versions) {
    quarantine(change, v);
    connectors.insert(v.connector_id);
  }
  for (const std::string& id : connectors) choose_latest(change, id);
  const std::string reason = fmt::format("the key {} is compromised", r.key_id);
  for (InstallRequestRecord& request : reach.requests) {
    const auto asked =
        std::find_if(reach.versions.begin(), reach.versions.end(), [&](const VersionRecord& v) {
          return v.connector_id == request.connector_id && v.version == request.version;
        });
    if (asked != reach.versions.end()) deny_taken_out(change, request, *asked, reason);
  }
  return outcome_of(records, key, true, std::move(reach));
}

}  // namespace

Result<RevocationOutcome> preview_revocation(const Marketplace& market, const Revocation& r) {
  return market.read([&](const Records& records) -> Result<RevocationOutcome> {
    const auto key = records.keys().find(r.key_id);
    if (!key) return no_key(r.key_id);
    const RevocationPlan p = plan(records, *key, r);
    return outcome_of(records, *key, p.changes, find_reach(records, r.key_id, p));
  });
}

// The revocation's entry is the change's first.
Result<RevocationOutcome> keep_revocation(const Marketplace& market, const Actor& actor,
                                          const Revocation& r) {
  return market.change(
      actor, r.at, Touches::of_keys(), [&](Change& change) { return decide_to_revoke(change, r); },
      [](Result<RevocationOutcome>& outcome, const EntryNumbers& numbers) {
        auto& seq = outcome->key.compromised_seq;
        if (outcome->changed && seq == kOwnNumber) seq = numbers.of(EntryRef{0});
      });
}

Result<RevocationOutcome> revoke_key(const Marketplace& market, const Caller& caller,
                                     const RevocationRequest& r) {
  MKT_CHECK(require_publisher_or_admin(caller, r.publisher));
  if (r.reason.empty()) {
    return Error(ErrorCode::invalid_request, "say why the key is revoked: reason is missing",
                 {{"reason", "is missing"}});
  }
  MKT_CHECK(check_reason(r.reason));
  if (r.compromised_since && r.code != ReasonCode::compromised) {
    return Error(ErrorCode::invalid_request,
                 "compromisedSince is only allowed with the reason code compromised",
                 {{"compromisedSince", "is only allowed with compromised"}});
  }
  const auto key = find_key(market, r.key_id);
  if (!key || key->publisher_id != r.publisher.text()) {
    if (!key && key.error().code != ErrorCode::key_unknown) return key.error();
    return Error(ErrorCode::key_not_found,
                 fmt::format("{} is not a key of {}", r.key_id.text(), r.publisher.text()));
  }
  const Revocation revocation{key->key_id, r.code, r.reason, r.compromised_since, market.now()};
  MKT_TRY(RevocationOutcome outcome, r.dry_run
                                         ? preview_revocation(market, revocation)
                                         : keep_revocation(market, caller.actor(), revocation));
  if (caller.is_admin()) return outcome;
  outcome.requests.clear();
  outcome.installations.clear();
  return market.read([&](const Records& records) -> Result<RevocationOutcome> {
    std::erase_if(outcome.hit, [&](const VersionRecord& v) {
      return !may_see(records, caller, v.connector_id, v.visible_to);
    });
    return std::move(outcome);
  });
}

}  // namespace mkt
