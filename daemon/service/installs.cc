#include "daemon/service/installs.h"

#include <fmt/format.h>

#include <set>

#include "common/base/encoding.h"
#include "daemon/rules/person.h"
#include "daemon/rules/visibility.h"
#include "daemon/service/catalog.h"
#include "daemon/service/install_requests.h"
#include "daemon/service/policies.h"

namespace mkt {
namespace {

constexpr std::size_t kRequestIdBytes = 8;
constexpr std::uint32_t kMaxHistory = 100;
constexpr std::uint32_t kExpiredTogether = 500;

// "req_", the time in milliseconds and 64 random bits, in hex. Requests made at the same time are
// neighbours in the index, so a commit writes fewer pages.
std::string new_request_id(UtcTime now) {
  return fmt::format("req_{:012x}{}", to_unix_ms(now), random_hex(kRequestIdBytes));
}

Error denied(const InstallRequestRecord& r) {
  return Error(
      ErrorCode::request_denied,
      fmt::format("{} was denied to {} on {} by {}: {}; to ask again, an approver must cancel this "
                  "first: mkt request cancel {}",
                  name_of(r), r.tenant_id, format_utc(r.decided_at.value_or(r.requested_at)),
                  r.decided_by, r.reason, r.id));
}

// What a quarantine denied may be asked for again after the quarantine.
bool is_persons_denial(const InstallRequestRecord& r) {
  return r.status == RequestStatus::denied && r.decided_by != kSystem.who;
}

Error differs(const InstallRequestRecord& r) {
  return Error(
      ErrorCode::request_differs,
      fmt::format("{} waits for an approval with another configuration, in the request {}; "
                  "cancel it first: mkt request cancel {}",
                  name_of(r), r.id, r.id));
}

// The configuration to install: the one asked for, or else the present one.
std::string config_of(const NewInstallRequest& n,
                      const std::optional<InstallationRecord>& installation) {
  if (n.config) return *n.config;
  return installation ? installation->config : "{}";
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

void expire(Change& change, InstallRequestRecord& r) {
  end_request(change, r, RequestStatus::expired, kSystem.who, "");
  change.log_as(kSystem, "request.expire", r.id, request_document(r));
}

void end_outdated(Change& change, InstallRequestRecord& r) {
  end_request(change, r, RequestStatus::cancelled, kSystem.who, "");
  Json document = request_document(r);
  document["reason"] = "asked for anew";
  change.log_as(kSystem, "request.cancel", r.id, document);
}

Result<InstallOutcome> decide_request(Change& change, const NewInstallRequest& n) {
  using Kind = InstallOutcome::Kind;
  Records& records = change.records();
  MKT_TRY(const Wanted wanted,
          wanted_version(records, n.tenant_id, n.connector_id, n.version, Hold::shared));
  records.hold_tenant(n.tenant_id, Hold::exclusive);
  const auto installation = records.installations().find(n.tenant_id, n.connector_id);
  MKT_TRY(const Policy policy, policy_in_force(records, n.tenant_id));
  const Decision decision = decide_now(records, policy, wanted, n.tenant_id);
  InstallRequestRecord r = new_request(n, wanted, policy, decision, installation);
  // What the policy refuses now is refused for every machine, even if the tenant has installed it
  // or has asked for it before.
  if (decision.outcome == Decision::Outcome::refused) {
    return policy_denies(n.tenant_id, wanted.version, decision);
  }
  if (installation && installation->version == n.version &&
      installation->config == config_of(n, installation)) {
    const auto by = records.requests().find(installation->request_id);
    return InstallOutcome{Kind::already_installed, false, by.value_or(InstallRequestRecord()),
                          installation};
  }
  auto before = records.requests().latest(n.tenant_id, n.connector_id, n.version);
  if (before && before->status == RequestStatus::pending) {
    if (before->expires_at <= n.at) {
      expire(change, *before);
    } else if (is_outdated(*before, installation)) {
      end_outdated(change, *before);
    } else if (n.config && *n.config != before->config) {
      return differs(*before);
    } else {
      return InstallOutcome{Kind::pending, false, std::move(*before)};
    }
  }
  if (before && is_persons_denial(*before)) return denied(*before);

  if (decision.outcome == Decision::Outcome::needs_approval) {
    records.requests().insert(r);
    change.log("request.create", r.id, request_document(r));
    return InstallOutcome{Kind::pending, true, std::move(r)};
  }
  r.status = RequestStatus::approved;
  r.decided_at = n.at;
  r.decided_by = "policy";
  records.requests().insert(r);
  InstallationRecord installed = put_installation(change, r, installation);
  return InstallOutcome{Kind::installed, true, std::move(r), std::move(installed)};
}

Result<InstallRequestRecord> decide_cancellation(Change& change, std::string_view tenant_id,
                                                 std::string_view id, RequestStatus from,
                                                 std::string_view by) {
  change.records().hold_tenant(tenant_id, Hold::exclusive);
  MKT_TRY(InstallRequestRecord r, require_request(change.records(), tenant_id, id));
  if (r.status == RequestStatus::cancelled) return r;
  MKT_CHECK(require_in_time(r, change.at()));
  if (r.status != from) return already_decided(r);
  change.log("request.cancel", r.id, request_document(r));
  end_request(change, r, RequestStatus::cancelled, by, r.reason);
  return r;
}

std::size_t expire_some(Change& change) {
  Records& records = change.records();
  std::set<std::string> tenants;
  for (const auto& r : records.requests().overdue(change.at(), kExpiredTogether)) {
    tenants.insert(r.tenant_id);
  }
  for (const std::string& id : tenants) records.hold_tenant(id, Hold::exclusive);
  auto over = records.requests().overdue(change.at(), kExpiredTogether);
  for (InstallRequestRecord& r : over) expire(change, r);
  return over.size();
}

Result<InstallationRecord> decide_removal(Change& change, std::string_view tenant_id,
                                          std::string_view connector_id) {
  Records& records = change.records();
  records.hold_tenant(tenant_id, Hold::exclusive);
  auto before = records.installations().find(tenant_id, connector_id);
  if (!before) {
    return Error(ErrorCode::installation_not_found,
                 fmt::format("{} has not installed {}", tenant_id, connector_id));
  }
  records.installations().remove(tenant_id, connector_id);
  records.installations().add_event(tenant_id, connector_id,
                                    {"uninstall", before->version, before->version,
                                     before->request_id, change.actor().who, change.at()});
  change.log("installation.remove", fmt::format("{}/{}", tenant_id, connector_id),
             {{"tenant", tenant_id}, {"connector", connector_id}, {"version", before->version}});
  return std::move(*before);
}

}  // namespace

Result<InstallOutcome> keep_request(const Marketplace& market, const Actor& actor,
                                    const NewInstallRequest& request) {
  return market.change(actor, request.at, Touches::nothing(),
                       [&](Change& change) { return decide_request(change, request); });
}

Result<Decision> preview_install(const Records& records, std::string_view tenant_id,
                                 std::string_view connector_id, std::string_view version) {
  MKT_TRY(const Wanted wanted,
          wanted_version(records, tenant_id, connector_id, version, Hold::none));
  MKT_TRY(const Policy policy, policy_in_force(records, tenant_id));
  Decision decision = decide_now(records, policy, wanted, tenant_id);
  if (decision.outcome == Decision::Outcome::refused) return decision;
  const auto before = records.requests().latest(tenant_id, connector_id, version);
  if (before && is_persons_denial(*before)) {
    const auto installed = records.installations().find(tenant_id, connector_id);
    if (!installed || installed->version != version) return denied(*before);
  }
  return decision;
}

Result<InstallOutcome> request_install(const Marketplace& market, const Caller& caller,
                                       const WantedInstall& wanted) {
  MKT_CHECK(require_member(caller, wanted.tenant));
  MKT_CHECK(require_connector(caller, wanted.connector.text()));
  std::string version = wanted.which;
  if (version == "latest") {
    MKT_TRY(const auto connector, market.read([&](const Records& records) {
      return records.catalog().connector_head(wanted.connector.text());
    }));
    if (!connector || !is_visible_to(connector->visible_to, wanted.tenant.text())) {
      return no_connector(wanted.connector.text());
    }
    version = connector->latest_version;
  }
  const UtcTime now = market.now();
  return keep_request(market, caller.actor(),
                      {new_request_id(now), wanted.tenant.text(), wanted.connector.text(),
                       std::move(version), wanted.config, caller.person(), now});
}

std::string wish_key(const InstallRequestRecord& r) {
  return Checksum::of(as_bytes(fmt::format("{}:{}:{}", r.tenant_id, r.connector_id, r.version)))
      .hex();
}

Result<std::optional<InstallRequestRecord>> find_request(const Marketplace& market,
                                                         std::string_view id) {
  return market.read([&](const Records& records) { return records.requests().find(id); });
}

Result<InstallRequestRecord> show_request(const Marketplace& market, const Caller& caller,
                                          const TenantId& tenant, std::string_view id) {
  MKT_CHECK(require_member(caller, tenant));
  return market.read(
      [&](const Records& records) { return require_request(records, tenant.text(), id); });
}

Result<std::vector<InstallRequestRecord>> list_requests(const Marketplace& market,
                                                        const Caller& caller,
                                                        const InstallRequestQuery& query) {
  MKT_TRY(const TenantId tenant, TenantId::parse(query.tenant_id));
  MKT_CHECK(require_member(caller, tenant));
  InstallRequestQuery asked = query;
  asked.now = market.now();
  return market.read([&](const Records& records) { return records.requests().list(asked); });
}

Result<InstallRequestRecord> cancel_request(const Marketplace& market, const Caller& caller,
                                            const TenantId& tenant, std::string_view id) {
  MKT_TRY(const InstallRequestRecord r, show_request(market, caller, tenant, id));
  MKT_CHECK(require_connector(caller, r.connector_id));
  const bool takes_back_denial = r.status == RequestStatus::denied;
  if (takes_back_denial) {
    MKT_CHECK(require_approver(caller, tenant));
  } else if (!same_person(caller.person(), r.requested_by)) {
    MKT_CHECK(require_tenant_admin(caller, tenant));
  }
  return keep_cancellation(market, caller.actor(), tenant.text(), id,
                           takes_back_denial ? RequestStatus::denied : RequestStatus::pending,
                           caller.person(), market.now());
}

Result<InstallRequestRecord> keep_cancellation(const Marketplace& market, const Actor& actor,
                                               std::string_view tenant_id, std::string_view id,
                                               RequestStatus from, std::string_view by,
                                               UtcTime at) {
  return market.change(actor, at, Touches::nothing(), [&](Change& change) {
    return decide_cancellation(change, tenant_id, id, from, by);
  });
}

Result<std::size_t> expire_requests(const Marketplace& market, UtcTime now) {
  // Reads first, so that a second in which nothing expires costs no commit.
  MKT_TRY(const bool any, market.read([&](const Records& records) {
    return !records.requests().overdue(now, 1).empty();
  }));
  if (!any) return std::size_t{0};
  return market.change(kSystem, now, Touches::nothing(), expire_some);
}

Result<std::vector<InstallationRecord>> list_installations(const Marketplace& market,
                                                           const Caller& caller,
                                                           const TenantId& tenant,
                                                           std::string_view after,
                                                           std::uint32_t limit) {
  MKT_CHECK(require_member(caller, tenant));
  return market.read([&](const Records& records) {
    return records.installations().list(tenant.text(), after, limit);
  });
}

Result<std::vector<InstallationRecord>> list_installations_of(const Marketplace& market,
                                                              const Caller& caller,
                                                              const ConnectorId& id,
                                                              std::uint32_t limit) {
  if (!caller.is_admin()) {
    MKT_TRY(const TenantId tenant, TenantId::parse(caller.subject));
    MKT_CHECK(require_member(caller, tenant));
    return market.read([&](const Records& records) {
      const auto found = records.installations().find(tenant.text(), id.text());
      return found ? std::vector{*found} : std::vector<InstallationRecord>();
    });
  }
  return market.read([&](const Records& records) {
    std::vector<InstallationRecord> all;
    for (const VersionRecord& v : records.catalog().versions_of(id.text())) {
      const auto room = static_cast<std::uint32_t>(limit - all.size());
      if (room == 0) break;
      const auto some = records.installations().of_version(id.text(), v.version, room);
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  });
}

Result<InstallationWithHistory> show_installation(const Marketplace& market, const Caller& caller,
                                                  const TenantId& tenant, const ConnectorId& id) {
  MKT_CHECK(require_member(caller, tenant));
  return market.read([&](const Records& records) -> Result<InstallationWithHistory> {
    const Installations& installations = records.installations();
    InstallationWithHistory found;
    found.history = installations.history(tenant.text(), id.text(), kMaxHistory);
    if (found.history.empty()) {
      return Error(ErrorCode::installation_not_found,
                   fmt::format("{} has never installed {}", tenant.text(), id.text()));
    }
    found.installation = installations.find(tenant.text(), id.text());
    return found;
  });
}

Result<InstallationRecord> uninstall(const Marketplace& market, const Caller& caller,
                                     const TenantId& tenant, const ConnectorId& id) {
  MKT_CHECK(require_member(caller, tenant));
  return keep_removal(market, caller.actor(), tenant.text(), id.text(), market.now());
}

Result<InstallationRecord> keep_removal(const Marketplace& market, const Actor& actor,
                                        std::string_view tenant_id, std::string_view connector_id,
                                        UtcTime at) {
  return market.change(actor, at, Touches::nothing(), [&](Change& change) {
    return decide_removal(change, tenant_id, connector_id);
  });
}

}  // namespace mkt
