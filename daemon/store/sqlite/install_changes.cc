// Install requests from asking to the end; see install_changes.h.
#include "daemon/store/sqlite/install_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "daemon/rules/person.h"
#include "daemon/store/sqlite/catalog_queries.h"
#include "daemon/store/sqlite/installation_queries.h"
#include "daemon/store/sqlite/key_queries.h"
#include "daemon/store/sqlite/log_queries.h"
#include "daemon/store/sqlite/policy_queries.h"
#include "daemon/store/sqlite/publisher_queries.h"
#include "daemon/store/sqlite/request_queries.h"

namespace mkt::install_changes {
namespace {

constexpr std::uint32_t kExpiredTogether = 500;
const Actor kSystem{"system", "", ""};

std::string name_of(const InstallRequestRecord& r) {
  return fmt::format("{}@{}", r.connector_id, r.version);
}

std::string log_detail(const InstallRequestRecord& r) {
  return fmt::format("{} for {}", name_of(r), r.tenant_id);
}

// The version with its publisher, as a decision wants them.
struct Wanted {
  VersionRecord version;
  PublisherRecord publisher;
};

Result<Wanted> wanted_version(Database& db, std::string_view connector_id,
                              std::string_view version) {
  auto v = catalog_queries::version_head(db, connector_id, version);
  if (!v) {
    return Error(ErrorCode::version_not_found,
                 fmt::format("there is no {}@{}", connector_id, version));
  }
  auto publisher = publisher_queries::publisher(db, v->published_by);
  if (!publisher) return publisher_queries::no_publisher(v->published_by);
  MKT_CHECK(may_install(*v, *publisher));
  return Wanted{std::move(*v), std::move(*publisher)};
}

Decision decide_now(Database& db, const Policy& policy, const Wanted& wanted,
                    std::string_view tenant_id) {
  const std::string& connector_id = wanted.version.connector_id;
  const auto last = installation_queries::last_version(db, tenant_id, connector_id);
  std::optional<VersionRecord> installed;
  if (last) installed = catalog_queries::version_head(db, connector_id, *last);
  return decide(policy, {wanted.version, wanted.publisher, installed ? &*installed : nullptr});
}

Error policy_denies(const InstallRequestRecord& r, const Decision& decision) {
  return Error(ErrorCode::policy_denied,
               fmt::format("the policy of {} does not let {} in: {} ({})", r.tenant_id, name_of(r),
                           decision.explanation, decision.rule),
               {{decision.rule, decision.explanation}});
}

Error denied(const InstallRequestRecord& r) {
  return Error(
      ErrorCode::request_denied,
      fmt::format("{} was denied to {} on {} by {}: {}; to ask again, an approver takes it back: "
                  "mkt request cancel {}",
                  name_of(r), r.tenant_id, format_utc(r.decided_at.value_or(r.requested_at)),
                  r.decided_by, r.reason, r.id));
}

Error decided(const InstallRequestRecord& r) {
  return Error(ErrorCode::request_decided,
               fmt::format("the request {} was {} on {} by {}", r.id, request_status_name(r.status),
                           format_utc(r.decided_at.value_or(r.requested_at)), r.decided_by));
}

// What would be installed: as asked for, or as it is.
std::string config_of(const NewInstallRequest& n,
                      const std::optional<InstallationRecord>& installation) {
  if (n.config) return *n.config;
  return installation ? installation->config : "{}";
}

Error differs(const InstallRequestRecord& r) {
  return Error(
      ErrorCode::request_differs,
      fmt::format("{} waits for an approval with another configuration, in the request {}; "
                  "cancel it first: mkt request cancel {}",
                  name_of(r), r.id, r.id));
}

InstallRequestRecord new_request(const NewInstallRequest& n, const Wanted& wanted,
                                 const Policy& policy, const Decision& decision,
                                 const std::optional<InstallationRecord>& installation) {
  InstallRequestRecord r;
  r.id = n.request_id;
  r.tenant_id = n.tenant_id;
  r.connector_id = n.connector_id;
  r.version = n.version;
  r.checksum = wanted.version.checksum;
  r.config = config_of(n, installation);
  r.requested_by = n.requested_by;
  r.requested_at = n.at;
  r.expires_at = n.at + policy.request_ttl;
  r.min_approvals = policy.min_approvals;
  r.allow_self_approval = policy.allow_self_approval;
  r.rule = decision.rule;
  r.explanation = decision.explanation;
  r.installed_version = installation ? installation->version : "";
  r.installed_request = installation ? installation->request_id : "";
  r.deprecated = wanted.version.deprecated;
  return r;
}

void end_overdue(Database& db, InstallRequestRecord& r, UtcTime at) {
  request_queries::decide(db, r, RequestStatus::expired, "system", "", at);
  append_to_log(db, kSystem, "request.expire", r.id, log_detail(r), at);
}

// What is installed is not what the request was to take the place of.
bool is_outdated(const InstallRequestRecord& r,
                 const std::optional<InstallationRecord>& installation) {
  return r.installed_version != (installation ? installation->version : "") ||
         r.installed_request != (installation ? installation->request_id : "");
}

void end_outdated(Database& db, InstallRequestRecord& r, UtcTime at) {
  request_queries::decide(db, r, RequestStatus::cancelled, kSystem.who, "", at);
  append_to_log(db, kSystem, "request.cancel", r.id, log_detail(r) + ": asked for anew", at);
}

Status require_up_to_date(Database& db, const InstallRequestRecord& r) {
  const auto installation = installation_queries::find(db, r.tenant_id, r.connector_id);
  if (!is_outdated(r, installation)) return {};
  const auto name = [](const std::string& version) {
    return version.empty() ? std::string("nothing") : version;
  };
  return Error(ErrorCode::request_outdated,
               fmt::format("{} was asked for when {} was installed, and something else was since "
                           "(now {}); ask again: mkt install {}",
                           name_of(r), name(r.installed_version),
                           name(installation ? installation->version : ""), name_of(r)));
}

// The tenant's own request that waits for a decision.
Result<InstallRequestRecord> require_request(Database& db, std::string_view tenant_id,
                                             std::string_view id) {
  auto found = request_queries::find(db, id);
  if (!found || found->tenant_id != tenant_id) {
    return Error(ErrorCode::request_not_found,
                 fmt::format("{} has no install request {}", tenant_id, id.substr(0, 64)));
  }
  return std::move(*found);
}

Status require_in_time(const InstallRequestRecord& r, UtcTime now) {
  const bool over = r.status == RequestStatus::expired ||
                    (r.status == RequestStatus::pending && r.expires_at <= now);
  if (!over) return {};
  return Error(ErrorCode::request_expired,
               fmt::format("the request {} expired on {}; ask again: mkt install {}", r.id,
                           format_utc(r.expires_at), name_of(r)));
}

const ApprovalRecord* approval_of(const InstallRequestRecord& r, std::string_view approver) {
  const auto it =
      std::find_if(r.approvals.begin(), r.approvals.end(),
                   [&](const ApprovalRecord& a) { return same_person(a.approver, approver); });
  return it == r.approvals.end() ? nullptr : &*it;
}

// What completes a request: the stricter of what the policy said when it was asked and says now.
struct Quorum {
  unsigned approvals = 1;
  bool self_counts = false;  // the approval of whoever asked
};

Result<Quorum> quorum_of(Database& db, const InstallRequestRecord& r) {
  MKT_TRY(const Policy now, policy_queries::in_force(db, r.tenant_id));
  return Quorum{std::max(r.min_approvals, now.min_approvals),
                r.allow_self_approval && now.allow_self_approval};
}

std::size_t count_approvals(const InstallRequestRecord& r, const Quorum& quorum) {
  std::set<std::string> people;
  for (const ApprovalRecord& a : r.approvals) {
    if (quorum.self_counts || !same_person(a.approver, r.requested_by)) {
      people.insert(person_key(a.approver));
    }
  }
  return people.size();
}

// The approver's token and key, which may have been revoked since the request came in.
Status require_credentials(Database& db, const NewApproval& n) {
  if (!n.token_id.empty() && !publisher_queries::token(db, n.token_id)) {
    return Error(ErrorCode::unauthorized, "the token was revoked just now");
  }
  if (n.key_id.empty()) return {};
  const auto signer = key_queries::require_signer(db, n.key_id, n.at);
  return signer ? Status() : signer.error();
}

}  // namespace

Result<InstallOutcome> request(Database& db, const NewInstallRequest& n, const Actor& actor) {
  using Kind = InstallOutcome::Kind;
  MKT_TRY(const Wanted wanted, wanted_version(db, n.connector_id, n.version));
  const auto installation = installation_queries::find(db, n.tenant_id, n.connector_id);
  MKT_TRY(const Policy policy, policy_queries::in_force(db, n.tenant_id));
  const Decision decision = decide_now(db, policy, wanted, n.tenant_id);
  InstallRequestRecord r = new_request(n, wanted, policy, decision, installation);
  // What the policy refuses now it refuses on every machine, though the tenant has it or has asked
  // for it.
  if (decision.outcome == Decision::Outcome::refused) return policy_denies(r, decision);
  if (installation && installation->version == n.version &&
      installation->config == config_of(n, installation)) {
    const auto by = request_queries::find(db, installation->request_id);
    return InstallOutcome{Kind::already_installed, false, by.value_or(InstallRequestRecord()),
                          installation};
  }
  auto before = request_queries::latest(db, n.tenant_id, n.connector_id, n.version);
  if (before && before->status == RequestStatus::pending) {
    if (before->expires_at <= n.at) {
      end_overdue(db, *before, n.at);
    } else if (is_outdated(*before, installation)) {
      end_outdated(db, *before, n.at);
    } else if (n.config && *n.config != before->config) {
      return differs(*before);
    } else {
      return InstallOutcome{Kind::pending, false, std::move(*before)};
    }
  }
  // What a quarantine denied may be asked again once that is lifted.
  if (before && before->status == RequestStatus::denied && before->decided_by != kSystem.who) {
    return denied(*before);
  }

  if (decision.outcome == Decision::Outcome::needs_approval) {
    request_queries::insert(db, r);
    append_to_log(db, actor, "request.create", r.id, log_detail(r), n.at);
    return InstallOutcome{Kind::pending, true, std::move(r)};
  }
  r.status = RequestStatus::approved;
  r.decided_at = n.at;
  r.decided_by = "policy";
  request_queries::insert(db, r);
  InstallationRecord installed = installation_queries::install(db, r, n.at, actor);
  return InstallOutcome{Kind::installed, true, std::move(r), std::move(installed)};
}

Result<Decision> preview(Database& db, const NewInstallRequest& n) {
  MKT_TRY(const Wanted wanted, wanted_version(db, n.connector_id, n.version));
  MKT_TRY(const Policy policy, policy_queries::in_force(db, n.tenant_id));
  return decide_now(db, policy, wanted, n.tenant_id);
}

Status may_approve(Database& db, const InstallRequestRecord& r) {
  MKT_TRY(const Wanted wanted, wanted_version(db, r.connector_id, r.version));
  if (wanted.version.deprecated && !r.deprecated) {
    return Error(ErrorCode::version_deprecated,
                 fmt::format("{} was deprecated after it was asked for: {}; deny the request, or "
                             "let it be asked again",
                             name_of(r), wanted.version.deprecation_reason));
  }
  MKT_TRY(const Policy policy, policy_queries::in_force(db, r.tenant_id));
  const Decision decision = decide_now(db, policy, wanted, r.tenant_id);
  if (decision.outcome == Decision::Outcome::refused) return policy_denies(r, decision);
  return require_up_to_date(db, r);
}

Result<InstallRequestRecord> approve(Database& db, const NewApproval& n, const Actor& actor) {
  MKT_TRY(InstallRequestRecord r, require_request(db, n.tenant_id, n.request_id));
  const bool is_pending = r.status == RequestStatus::pending;
  const ApprovalRecord* const before = approval_of(r, n.approver);
  // A signature is more than a yes without one.
  const bool adds_signature = before != nullptr && before->key_id.empty() && !n.key_id.empty();
  const bool may_repeat = r.status == RequestStatus::approved || is_pending;
  if (may_repeat && before != nullptr && !(is_pending && adds_signature)) return r;
  MKT_CHECK(require_in_time(r, n.at));
  if (!is_pending) return decided(r);
  MKT_TRY(const Quorum quorum, quorum_of(db, r));
  if (same_person(n.approver, r.requested_by) && !quorum.self_counts) {
    return Error(ErrorCode::self_approval,
                 fmt::format("{} asked for {} and cannot approve it too; somebody else must",
                             n.approver, name_of(r)));
  }
  MKT_CHECK(may_approve(db, r));
  MKT_CHECK(require_credentials(db, n));

  // Kept under the name as it was written first: each person's yes is one row.
  const ApprovalRecord approval{before != nullptr ? before->approver : n.approver, n.at, n.key_id,
                                n.signature, n.token_id};
  request_queries::put_approval(db, r.num, approval);
  std::erase_if(r.approvals,
                [&](const ApprovalRecord& a) { return a.approver == approval.approver; });
  r.approvals.push_back(approval);
  r.min_approvals = quorum.approvals;
  const std::size_t count = count_approvals(r, quorum);
  append_to_log(
      db, actor, "request.approve", r.id,
      fmt::format("{} by {}, {} of {}", log_detail(r), n.approver, count, quorum.approvals), n.at);
  if (count >= quorum.approvals) {
    request_queries::decide(db, r, RequestStatus::approved, n.approver, "", n.at);
    installation_queries::install(db, r, n.at, actor);
  }
  return r;
}

Result<InstallRequestRecord> deny(Database& db, std::string_view tenant_id, std::string_view id,
                                  std::string_view by, std::string_view reason, UtcTime at,
                                  const Actor& actor) {
  MKT_TRY(InstallRequestRecord r, require_request(db, tenant_id, id));
  if (r.status == RequestStatus::denied && same_person(r.decided_by, by)) return r;
  MKT_CHECK(require_in_time(r, at));
  if (r.status != RequestStatus::pending) return decided(r);
  request_queries::decide(db, r, RequestStatus::denied, by, reason, at);
  append_to_log(db, actor, "request.deny", r.id, fmt::format("{}: {}", log_detail(r), reason), at);
  return r;
}

Result<InstallRequestRecord> cancel(Database& db, std::string_view tenant_id, std::string_view id,
                                    RequestStatus from, std::string_view by, UtcTime at,
                                    const Actor& actor) {
  MKT_TRY(InstallRequestRecord r, require_request(db, tenant_id, id));
  if (r.status == RequestStatus::cancelled) return r;
  MKT_CHECK(require_in_time(r, at));
  if (r.status != from) return decided(r);
  append_to_log(db, actor, "request.cancel", r.id, log_detail(r), at);
  request_queries::decide(db, r, RequestStatus::cancelled, by, r.reason, at);
  return r;
}

void withdraw_approvals(Database& db, std::string_view token_id, UtcTime at, const Actor& actor) {
  for (const InstallRequestRecord& r : request_queries::approved_with(db, token_id)) {
    request_queries::remove_approvals(db, r.num, token_id);
    append_to_log(db, actor, "request.unapprove", r.id,
                  fmt::format("{}: the token {} is revoked", log_detail(r), token_id), at);
  }
}

std::size_t expire(Database& db, UtcTime now) {
  auto over = request_queries::overdue(db, now, kExpiredTogether);
  for (InstallRequestRecord& r : over) end_overdue(db, r, now);
  return over.size();
}

void deny_quarantined(Database& db, InstallRequestRecord& r, std::string_view reason, UtcTime at,
                      const Actor& actor) {
  request_queries::decide(db, r, RequestStatus::denied, kSystem.who, reason, at);
  append_to_log(db, actor, "request.deny", r.id, fmt::format("{}: {}", log_detail(r), reason), at);
}

}  // namespace mkt::install_changes
