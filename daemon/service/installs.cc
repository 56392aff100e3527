// Asking, approving, listing; see installs.h.
#include "daemon/service/installs.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/encoding.h"
#include "common/connector/manifest.h"
#include "common/signing/key_proof.h"
#include "daemon/rules/key_rules.h"
#include "daemon/rules/person.h"
#include "daemon/service/catalog.h"

namespace mkt {
namespace {

constexpr std::size_t kRequestIdBytes = 8;
constexpr std::uint32_t kMaxHistory = 100;

// "req_", the time in milliseconds and 64 random bits, in hex: what is made together stands
// together in the index, and a commit writes fewer pages.
std::string new_request_id(UtcTime now) {
  return fmt::format("req_{:012x}{}", to_unix_ms(now), random_hex(kRequestIdBytes));
}

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

Result<Powers> powers_of_version(const Marketplace& market, const std::string& connector_id,
                                 const std::string& version) {
  MKT_TRY(const auto record, market.store.version(connector_id, version));
  if (!record) return Powers{};
  MKT_TRY(const Manifest manifest, Manifest::parse_older(record->manifest));
  return powers_of(manifest);
}

// The approver's own key, as far as names can tell: that of the publisher of the same name.
Status check_approval_signature(const Marketplace& market, const Caller& caller,
                                const InstallRequestRecord& r, const ApprovalSignature& s) {
  if (!same_person(s.key_id.publisher().text(), caller.person())) {
    return Error(ErrorCode::key_foreign,
                 fmt::format("{} is not a key of yours: it belongs to the publisher {}, and your "
                             "token is {}'s",
                             s.key_id.text(), s.key_id.publisher().text(), caller.person()));
  }
  MKT_TRY(const auto key, market.store.key(s.key_id.text()));
  if (!key) return unknown_key(s.key_id.text());
  MKT_TRY(const auto publisher, market.store.publisher(key->publisher_id));
  MKT_CHECK(may_sign(*key, publisher, market.now()));
  MKT_TRY(const PublicKey public_key, PublicKey::from_base64(key->public_key));
  const std::string text =
      approval_text({r.id, r.tenant_id, r.connector_id, r.version, r.checksum});
  if (public_key.verifies(text, s.signature)) return {};
  return Error(
      ErrorCode::signature_invalid,
      fmt::format("the signature is not one of {} over the approval of {}", s.key_id.text(), r.id));
}

}  // namespace

Result<InstallOutcome> request_install(const Marketplace& market, const Caller& caller,
                                       const WantedInstall& wanted) {
  MKT_CHECK(require_member(caller, wanted.tenant));
  std::string version = wanted.which;
  if (version == "latest") {
    MKT_TRY(const auto connector, market.store.connector(wanted.connector.text()));
    if (!connector) {
      return Error(ErrorCode::connector_not_found,
                   fmt::format("there is no connector {}", wanted.connector.text()));
    }
    version = connector->latest_version;
  }
  const UtcTime now = market.now();
  return market.store.request_install(
      {new_request_id(now), wanted.tenant.text(), wanted.connector.text(), std::move(version),
       wanted.config, caller.person(), now},
      caller.actor());
}

std::string wish_key(const InstallRequestRecord& r) {
  return Checksum::of(as_bytes(fmt::format("{}:{}:{}", r.tenant_id, r.connector_id, r.version)))
      .hex();
}

RequestStatus status_at(const InstallRequestRecord& r, UtcTime now) {
  const bool over = r.status == RequestStatus::pending && r.expires_at <= now;
  return over ? RequestStatus::expired : r.status;
}

Result<InstallRequestRecord> show_request(const Marketplace& market, const Caller& caller,
                                          const TenantId& tenant, std::string_view id) {
  MKT_CHECK(require_member(caller, tenant));
  MKT_TRY(auto found, market.store.install_request(id));
  if (found && found->tenant_id == tenant.text()) return std::move(*found);
  return Error(ErrorCode::request_not_found,
               fmt::format("{} has no install request {}", tenant.text(), id.substr(0, 64)));
}

Result<std::vector<InstallRequestRecord>> list_requests(const Marketplace& market,
                                                        const Caller& caller,
                                                        const InstallRequestQuery& query) {
  MKT_TRY(const TenantId tenant, TenantId::parse(query.tenant_id));
  MKT_CHECK(require_member(caller, tenant));
  InstallRequestQuery asked = query;
  asked.now = market.now();
  return market.store.install_requests(asked);
}

Result<RequestReview> review_request(const Marketplace& market, const InstallRequestRecord& r) {
  RequestReview review;
  MKT_TRY(auto version, market.store.version(r.connector_id, r.version));
  if (!version) {
    return Error(ErrorCode::version_not_found,
                 fmt::format("there is no {}@{}", r.connector_id, r.version));
  }
  review.version = std::move(*version);
  MKT_TRY(auto publisher, market.store.publisher(review.version.published_by));
  if (publisher) review.publisher = std::move(*publisher);
  MKT_TRY(auto key, market.store.key(review.version.signing_key_id));
  if (key) review.key = std::move(*key);
  MKT_TRY(const Manifest manifest, Manifest::parse_older(review.version.manifest));
  review.powers = powers_of(manifest);

  MKT_TRY(const auto installation, market.store.installation(r.tenant_id, r.connector_id));
  Powers before;
  if (installation) {
    review.installed_version = installation->version;
    MKT_TRY(before, powers_of_version(market, r.connector_id, installation->version));
  }
  review.added = difference(review.powers, before);
  review.removed = difference(before, review.powers);
  if (status_at(r, market.now()) == RequestStatus::pending) {
    if (const Status allowed = market.store.may_approve(r); !allowed) {
      review.obstacle = allowed.error();
    }
  }
  return review;
}

Result<InstallRequestRecord> approve_request(const Marketplace& market, const Caller& caller,
                                             const TenantId& tenant, std::string_view id,
                                             const std::optional<ApprovalSignature>& signature) {
  MKT_CHECK(require_approver(caller, tenant));
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
  return market.store.approve_request(approval, caller.actor());
}

Result<InstallRequestRecord> deny_request(const Marketplace& market, const Caller& caller,
                                          const TenantId& tenant, std::string_view id,
                                          const std::string& reason) {
  MKT_CHECK(require_approver(caller, tenant));
  return market.store.deny_request(tenant.text(), id, caller.person(), reason, market.now(),
                                   caller.actor());
}

Result<InstallRequestRecord> cancel_request(const Marketplace& market, const Caller& caller,
                                            const TenantId& tenant, std::string_view id) {
  MKT_TRY(const InstallRequestRecord r, show_request(market, caller, tenant, id));
  const bool takes_back_denial = r.status == RequestStatus::denied;
  if (takes_back_denial) {
    MKT_CHECK(require_approver(caller, tenant));
  } else if (!same_person(caller.person(), r.requested_by)) {
    MKT_CHECK(require_tenant_admin(caller, tenant));
  }
  return market.store.cancel_request(
      tenant.text(), id, takes_back_denial ? RequestStatus::denied : RequestStatus::pending,
      caller.person(), market.now(), caller.actor());
}

Result<std::vector<InstallationRecord>> list_installations(const Marketplace& market,
                                                           const Caller& caller,
                                                           const TenantId& tenant,
                                                           std::string_view after,
                                                           std::uint32_t limit) {
  MKT_CHECK(require_member(caller, tenant));
  return market.store.installations(tenant.text(), after, limit);
}

Result<InstallationWithHistory> show_installation(const Marketplace& market, const Caller& caller,
                                                  const TenantId& tenant, const ConnectorId& id) {
  MKT_CHECK(require_member(caller, tenant));
  InstallationWithHistory found;
  MKT_TRY(found.history, market.store.installation_history(tenant.text(), id.text(), kMaxHistory));
  if (found.history.empty()) {
    return Error(ErrorCode::installation_not_found,
                 fmt::format("{} has never installed {}", tenant.text(), id.text()));
  }
  MKT_TRY(found.installation, market.store.installation(tenant.text(), id.text()));
  return found;
}

Result<InstallationRecord> uninstall(const Marketplace& market, const Caller& caller,
                                     const TenantId& tenant, const ConnectorId& id) {
  MKT_CHECK(require_member(caller, tenant));
  return market.store.uninstall(tenant.text(), id.text(), market.now(), caller.actor());
}

}  // namespace mkt
