// Who may do what, in general.
#include "daemon/service/marketplace.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "daemon/rules/person.h"
#include "daemon/rules/token_scope.h"

namespace mkt {
namespace {

Error not_signed_in() {
  return Error(ErrorCode::unauthorized, "this needs a token; get one and run: mkt login");
}

Error not_of_tenant(const TenantId& tenant) {
  return Error(ErrorCode::forbidden,
               fmt::format("your token is not one of the tenant {}", tenant.text()));
}

// Requires a role in the tenant, or an admin.
Status require_role(const Caller& caller, const TenantId& tenant, Role role) {
  if (!caller.signed_in()) return not_signed_in();
  if (caller.is_admin() || (caller.is_of(tenant) && caller.role == role)) return {};
  if (!caller.is_of(tenant)) return not_of_tenant(tenant);
  return Error(ErrorCode::forbidden, fmt::format("this needs a token of {} with the role {}",
                                                 tenant.text(), role_name(role)));
}

// Holds the tokens that this change decides by or ends, in the order of their ids.
Status hold_tokens(const Records& records, const Actor& actor, UtcTime at, const Touches& touches) {
  for (const std::string& id : touches.tokens) {
    if (id < actor.token_id) records.tokens().find(id, Hold::exclusive);
  }
  const bool ends_itself = std::find(touches.tokens.begin(), touches.tokens.end(),
                                     actor.token_id) != touches.tokens.end();
  const Hold hold = ends_itself ? Hold::exclusive : Hold::shared;
  // Checked again in the change itself, whatever the check at the start of the request found.
  if (!actor.token_id.empty() && !records.tokens().stands(actor.token_id, at, hold)) {
    return Error(
        ErrorCode::unauthorized,
        "the token was revoked, or expired, while this was in progress; nothing was changed");
  }
  for (const std::string& id : touches.tokens) {
    if (id > actor.token_id) records.tokens().find(id, Hold::exclusive);
  }
  return {};
}

Status spend(SpentKeys& keys, const Actor& actor) {
  if (keys.spend(*actor.idempotency, actor.request_id)) return {};
  return Error(ErrorCode::answer_lost,
               "this was done when the same Idempotency-Key came first, but its answer is lost; "
               "look at what is there before you ask again");
}

}  // namespace

Result<EntryNumbers> Marketplace::commit(const Actor& actor, UtcTime at, const Touches& touches,
                                         const std::function<Status(Change&)>& decide) const {
  return store.change(touches, [&](Records& records) -> Status {
    MKT_CHECK(hold_tokens(records, actor, at, touches));
    if (mirrored) records.outbox().follow();
    Change change(records, actor, at);
    MKT_CHECK(decide(change));
    if (actor.idempotency && change.entries() > 0) MKT_CHECK(spend(records.spent_keys(), actor));
    if (mirrored) records.outbox().append_followed(at);
    return {};
  });
}

Actor Caller::actor() const {
  std::string who = "anonymous";
  if (signed_in()) {
    who = subject.empty() ? std::string(role_name(role))
                          : fmt::format("{}:{}", role_name(role), subject);
    who += fmt::format(" (token {})", token_id);
  }
  Actor actor{std::move(who), address, request_id};
  if (idempotency) actor.idempotency = *idempotency;
  actor.token_id = token_id;
  return actor;
}

bool is_reserved_person(std::string_view name) {
  return same_person(name, "system") || same_person(name, "policy");
}

bool Caller::has_name() const {
  return !person_key(token_name).empty() && !is_reserved_person(token_name);
}

std::string Caller::person() const { return has_name() ? token_name : token_id; }

Status require_admin(const Caller& caller) {
  if (!caller.signed_in()) return not_signed_in();
  if (!caller.is_admin()) return Error(ErrorCode::forbidden, "only an admin may do this");
  return {};
}

Status require_reader(const Marketplace& market, const Caller& caller) {
  if (market.anyone_reads() || caller.signed_in()) return {};
  return Error(ErrorCode::unauthorized,
               "this registry shows what it has only to those who sign in; run: mkt login");
}

Status require_connector(const Caller& caller, std::string_view connector_id) {
  if (may_use_connector(caller.scope, connector_id)) return {};
  return Error(ErrorCode::forbidden,
               fmt::format("your token is for {} only, and not for {}",
                           fmt::join(caller.scope.connectors, ", "), connector_id));
}

Status require_publisher_or_admin(const Caller& caller, const PublisherId& publisher) {
  if (!caller.signed_in()) return not_signed_in();
  if (caller.is_admin() || caller.is_publisher(publisher)) return {};
  return Error(ErrorCode::forbidden,
               fmt::format("your token is not one of the publisher {}", publisher.text()));
}

Status require_member(const Caller& caller, const TenantId& tenant) {
  if (!caller.signed_in()) return not_signed_in();
  if (caller.is_admin() || caller.is_of(tenant)) return {};
  return not_of_tenant(tenant);
}

Status require_approver(const Caller& caller, const TenantId& tenant) {
  return require_role(caller, tenant, Role::approver);
}

Status require_tenant_admin(const Caller& caller, const TenantId& tenant) {
  return require_role(caller, tenant, Role::tenant_admin);
}

}  // namespace mkt
