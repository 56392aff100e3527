// Who may do what, in general; see marketplace.h.
#include "daemon/service/marketplace.h"

#include <fmt/format.h>

#include "daemon/rules/person.h"

namespace mkt {
namespace {

Error not_signed_in() {
  return Error(ErrorCode::unauthorized, "this needs a token; get one and run: mkt login");
}

Error not_of_tenant(const TenantId& tenant) {
  return Error(ErrorCode::forbidden,
               fmt::format("your token is not one of the tenant {}", tenant.text()));
}

// A role of the tenant, or an admin.
Status require_role(const Caller& caller, const TenantId& tenant, Role role) {
  if (!caller.signed_in()) return not_signed_in();
  if (caller.is_admin() || (caller.is_of(tenant) && caller.role == role)) return {};
  if (!caller.is_of(tenant)) return not_of_tenant(tenant);
  return Error(ErrorCode::forbidden, fmt::format("this needs a token of {} with the role {}",
                                                 tenant.text(), role_name(role)));
}

}  // namespace

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
