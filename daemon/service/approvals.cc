#include "daemon/service/approvals.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "common/base/encoding.h"
#include "common/base/text.h"
#include "common/connector/manifest.h"
#include "common/signing/key_proof.h"
#include "daemon/rules/key_rules.h"
#include "daemon/rules/person.h"
#include "daemon/service/catalog.h"
#include "daemon/service/install_requests.h"
#include "daemon/service/installs.h"
#include "daemon/service/policies.h"
#include "daemon/service/reason.h"
#include "daemon/service/visibility.h"

namespace mkt {
namespace {

Powers powers_of(const Manifest& manifest) {
  Powers powers{manifest.capabilities(), {}};
  for (const Tool& tool : manifest.tools()) {
    powers.tools.push_back({tool.name, std::string(policy_class_name(tool.policy_class))});
  }
  return powers;
}

template <typename T>
std::vector<T> without(const std::vector<T>& all, const std::vector<T>& known) {
  std::vector<T> rest;
  std::copy_if(all.begin(), all.end(), std::back_inserter(rest), [&](const T& one) {
    return std::find(known.begin(), known.end(), one) == known.end();
  });
  return rest;
}

Powers difference(const Powers& a, const Powers& b) {
  return {without(a.capabilities, b.capabilities), without(a.tools, b.tools)};
}

Result<Powers> powers_of_version(const Records& records, const std::string& connector_id,
                                 const std::string& version) {
  const auto record = records.catalog().version(connector_id, version);
  if (!record) return Powers{};
  MKT_TRY(const Manifest manifest, Manifest::parse_older(record->manifest));
  return powers_of(manifest);
}

Result<KeyRecord> find_signer(const Records& records, std::string_view key_id, UtcTime now) {
  auto key = records.keys().find(key_id);
  if (!key) return unknown_key(key_id);
  MKT_CHECK(may_sign(*key, records.publishers().find(key->publisher_id), now));
  return std::move(*key);
}

// Checks that the key is the approver's own, as far as names can tell: that its publisher has the
// approver's name.
Status check_approval_signature(const Marketplace& market, const Caller& caller,
                                const InstallRequestRecord& r, const ApprovalSignature& s) {
  if (!same_person(s.key_id.publisher().text(), caller.person())) {
    return Error(ErrorCode::key_foreign,
                 fmt::format("{} is not a key of yours: it belongs to the publisher {}, and your "
                             "token is {}'s",
                             s.key_id.text(), s.key_id.publisher().text(), caller.person()));
  }
  MKT_TRY(const KeyRecord key, market.read([&](const Records& records) {
    return find_signer(records, s.key_id.text(), market.now());
  }));
  MKT_TRY(const PublicKey public_key, PublicKey::from_base64(key.public_key));
  const std::string text =
      approval_text({r.id, r.tenant_id, r.connector_id, r.version, r.checksum});
  if (public_key.verifies(text, s.signature)) return {};
  return Error(
      ErrorCode::signature_invalid,
      fmt::format("the signature is not one of {} over the approval of {}", s.key_id.text(), r.id));
}

// Holds what an approval is decided by: the approver's token, the publishers of the version and of
// the approver's key, the key, the version, the tenant. What a request is for and who published it
// never changes.
Result<InstallRequestRecord> hold_for_approval(const Records& records, const NewApproval& n) {
  if (!n.token_id.empty()) records.tokens().find(n.token_id, Hold::shared);
  MKT_TRY(const InstallRequestRecord seen, require_request(records, n.tenant_id, n.request_id));
  std::set<std::string> publishers;
  const auto version = records.catalog().version_head(seen.connector_id, seen.version, Hold::fixed);
  if (version) publishers.insert(version->published_by);
  const std::string signer = n.key_id.substr(0, n.key_id.find(':'));
  if (!n.key_id.empty()) publishers.insert(signer);
  for (const std::string& id : publishers) records.publishers().find(id, Hold::shared);
  if (!n.key_id.empty()) records.keys().find(n.key_id, Hold::shared);
  records.catalog().version_head(seen.connector_id, seen.version, Hold::shared);
  records.hold_tenant(n.tenant_id, Hold::exclusive);
  return require_request(records, n.tenant_id, n.request_id);
}

// Checks the approver's token and key, which may have been revoked since the request came in.
Status require_credentials(const Records& records, const NewApproval& n) {
  if (!n.token_id.empty() && !records.tokens().find(n.token_id)) {
    return Error(ErrorCode::unauthorized, "the token was revoked just now");
  }
  if (n.key_id.empty()) return {};
  const auto signer = find_signer(records, n.key_id, n.at);
  return signer ? Status() : signer.error();
}

// Stores the approval under the name as it was first written, so each person's approval is one row.
void put_approval(Change& change, InstallRequestRecord& r, const NewApproval& n,
                  const ApprovalRecord* before) {
  const ApprovalRecord approval{before != nullptr ? before->approver : n.approver, n.at, n.key_id,
                                n.signature, n.token_id};
  change.records().requests().put_approval(r, approval);
  std::erase_if(r.approvals,
                [&](const ApprovalRecord& a) { return a.approver == approval.approver; });
  r.approvals.push_back(approval);
}

Result<InstallRequestRecord> decide_approval(Change& change, const NewApproval& n) {
  Records& records = change.records();
  MKT_TRY(InstallRequestRecord r, hold_for_approval(records, n));
  const bool is_pending = r.status == RequestStatus::pending;
  const ApprovalRecord* const before = approval_of(r, n.approver);
  // A signed approval adds something to an unsigned one.
  const bool adds_signature = before != nullptr && before->key_id.empty() && !n.key_id.empty();
  const bool may_repeat = r.status == RequestStatus::approved || is_pending;
  if (may_repeat && before != nullptr && !(is_pending && adds_signature)) return r;
  MKT_CHECK(require_in_time(r, n.at));
  if (!is_pending) return already_decided(r);
  MKT_TRY(const Policy policy, policy_in_force(records, r.tenant_id));
  const Quorum quorum = quorum_of(r, policy);
  if (same_person(n.approver, r.requested_by) && !quorum.self_counts) {
    return Error(ErrorCode::self_approval,
                 fmt::format("{} asked for {} and cannot approve it too; somebody else must",
                             n.approver, name_of(r)));
  }
  MKT_CHECK(may_approve(records, r, Hold::shared));
  MKT_CHECK(require_credentials(records, n));

  put_approval(change, r, n, before);
  r.min_approvals = quorum.approvals;
  const std::size_t count = count_approvals(r, quorum);
  Json document = request_document(r);
  document["approver"] = n.approver;
  document["approvals"] = count;
  document["needed"] = quorum.approvals;
  change.log("request.approve", r.id, document);
  if (count >= quorum.approvals) {
    end_request(change, r, RequestStatus::approved, n.approver, "");
    put_installation(change, r, records.installations().find(r.tenant_id, r.connector_id));
  }
  return r;
}

// What happened to a version is not told to who no longer sees it.
void forget_fate(VersionRecord& v) {
  v.deprecated = v.quarantined = false;
  v.deprecation_reason.clear();
  v.quarantine_reason.clear();
  v.withdrawn_at.reset();
  v.withdrawal_code.clear();
  v.withdrawal_reason.clear();
}

Result<InstallRequestRecord> decide_denial(Change& change, std::string_view tenant_id,
                                           std::string_view id, std::string_view by,
                                           std::string_view reason) {
  change.records().hold_tenant(tenant_id, Hold::exclusive);
  MKT_TRY(InstallRequestRecord r, require_request(change.records(), tenant_id, id));
  if (r.status == RequestStatus::denied && same_person(r.decided_by, by)) return r;
  MKT_CHECK(require_in_time(r, change.at()));
  if (r.status != RequestStatus::pending) return already_decided(r);
  end_request(change, r, RequestStatus::denied, by, reason);
  log_denial(change, r);
  return r;
}

}  // namespace

Status may_approve(const Records& records, const InstallRequestRecord& r, Hold hold) {
  MKT_TRY(const Wanted wanted,
          wanted_version(records, r.tenant_id, r.connector_id, r.version, hold));
  if (wanted.version.deprecated && !r.deprecated) {
    return Error(
        ErrorCode::version_deprecated,
        fmt::format(
            "{} was deprecated after it was asked for: {}; deny the request, or ask for it again",
            name_of(r), wanted.version.deprecation_reason));
  }
  MKT_TRY(const Policy policy, policy_in_force(records, r.tenant_id));
  const Decision decision = decide_now(records, policy, wanted, r.tenant_id);
  if (decision.outcome == Decision::Outcome::refused) {
    return policy_denies(r.tenant_id, wanted.version, decision);
  }
  return require_up_to_date(r, records.installations().find(r.tenant_id, r.connector_id));
}

Result<InstallRequestRecord> keep_approval(const Marketplace& market, const Actor& actor,
                                           const NewApproval& approval) {
  return market.change(actor, approval.at, Touches::nothing(),
                       [&](Change& change) { return decide_approval(change, approval); });
}

Result<InstallRequestRecord> keep_denial(const Marketplace& market, const Actor& actor,
                                         std::string_view tenant_id, std::string_view id,
                                         std::string_view by, std::string_view reason, UtcTime at) {
  return market.change(actor, at, Touches::nothing(), [&](Change& change) {
    return decide_denial(change, tenant_id, id, by, reason);
  });
}

Result<RequestReview> review_request(const Marketplace& market, const Caller& caller,
                                     const InstallRequestRecord& r) {
  const UtcTime now = market.now();
  return market.read([&](const Records& records) -> Result<RequestReview> {
    RequestReview review;
    auto version = records.catalog().version(r.connector_id, r.version);
    if (!version) return no_version(r.connector_id, r.version);
    review.version = std::move(*version);
    if (!may_see(records, caller, r.connector_id, review.version.visible_to)) {
      forget_fate(review.version);
    }
    review.publisher =
        records.publishers().find(review.version.published_by).value_or(PublisherRecord());
    review.key = records.keys().find(review.version.signing_key_id).value_or(KeyRecord());
    MKT_TRY(const Manifest manifest, Manifest::parse_older(review.version.manifest));
    review.powers = powers_of(manifest);

    Powers before;
    if (const auto installed = records.installations().find(r.tenant_id, r.connector_id)) {
      review.installed_version = installed->version;
      MKT_TRY(before, powers_of_version(records, r.connector_id, installed->version));
    }
    review.added = difference(review.powers, before);
    review.removed = difference(before, review.powers);
    if (status_at(r, now) == RequestStatus::pending) {
      if (const Status allowed = may_approve(records, r, Hold::none); !allowed) {
        review.obstacle = allowed.error();
      }
    }
    return review;
  });
}

namespace {

// A token for some connectors decides about them only.
Status require_decider(const Marketplace& market, const Caller& caller, const TenantId& tenant,
                       std::string_view id) {
  MKT_CHECK(require_approver(caller, tenant));
  if (caller.scope.connectors.empty()) return {};
  MKT_TRY(const InstallRequestRecord request, show_request(market, caller, tenant, id));
  return require_connector(caller, request.connector_id);
}

}  // namespace

Result<InstallRequestRecord> approve_request(const Marketplace& market, const Caller& caller,
                                             const TenantId& tenant, std::string_view id,
                                             const std::optional<ApprovalSignature>& signature) {
  MKT_CHECK(require_decider(market, caller, tenant, id));
  if (!caller.has_name()) {
    return Error(ErrorCode::forbidden,
                 "your token has no name, and approvals are counted by it; have one made with "
                 "mkt token create --name");
  }
  NewApproval approval{tenant.text(), std::string(id), caller.person(), "", "",
                       market.now(),  caller.token_id};
  if (signature) {
    MKT_TRY(const InstallRequestRecord request, show_request(market, caller, tenant, id));
    MKT_CHECK(check_approval_signature(market, caller, request, *signature));
    approval.key_id = signature->key_id.text();
    approval.signature = to_base64(signature->signature);
  }
  return keep_approval(market, caller.actor(), approval);
}

Result<InstallRequestRecord> deny_request(const Marketplace& market, const Caller& caller,
                                          const TenantId& tenant, std::string_view id,
                                          const std::string& reason) {
  MKT_CHECK(require_decider(market, caller, tenant, id));
  if (trim(reason).empty()) {
    const std::string what = "must not be empty";
    return Error(ErrorCode::invalid_request, "reason " + what, {{"reason", what}});
  }
  MKT_CHECK(check_reason(reason));
  return keep_denial(market, caller.actor(), tenant.text(), id, caller.person(), reason,
                     market.now());
}

}  // namespace mkt
