#include "daemon/limits/limit_rules.h"

#include <fmt/format.h>

#include "common/base/address_range.h"
#include "common/base/utf8.h"
#include "common/connector/names.h"

namespace mkt {
namespace {

constexpr std::chrono::minutes kWindow{15};

Result<LimitScope> parse_scope(std::string_view text) {
  if (const auto scope = parse_limit_scope(text)) return *scope;
  return Error(ErrorCode::usage_error,
               fmt::format("\"{}\" is not a scope of limits; the scopes are {}",
                           printable(text.substr(0, 32)), limit_scope_list()));
}

}  // namespace

std::string publisher_subject(std::string_view publisher) {
  return fmt::format("publisher:{}", publisher);
}

std::string tenant_subject(std::string_view tenant) { return fmt::format("tenant:{}", tenant); }

std::string address_subject(std::string_view address) { return "address:" + network_of(address); }

Result<std::pair<LimitScope, std::optional<Limit>>> parse_limit_assignment(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return Error(ErrorCode::usage_error,
                 fmt::format("\"{}\" is not a limit of a scope; write publish=10/15m or search=off",
                             printable(text.substr(0, 64))));
  }
  MKT_TRY(const LimitScope scope, parse_scope(text.substr(0, equals)));
  const auto limit = parse_limit(text.substr(equals + 1));
  if (!limit) return limit.error().context(limit_scope_word(scope));
  return std::pair(scope, *limit);
}

LimitRules LimitRules::defaults() {
  LimitRules rules;
  rules.limits_ = {{LimitScope::publish, Limit{10, kWindow}},
                   {LimitScope::search, Limit{100, kWindow}},
                   {LimitScope::download, Limit{50, kWindow}},
                   {LimitScope::install, Limit{30, kWindow}},
                   {LimitScope::change, Limit{200, kWindow}},
                   {LimitScope::registration, Limit{10, std::chrono::hours(1)}},
                   {LimitScope::auth_failure, Limit{20, kWindow}}};
  return rules;
}

Status LimitRules::set(std::string_view assignment) {
  MKT_TRY(const auto parsed, parse_limit_assignment(assignment));
  limits_[parsed.first] = parsed.second;
  return {};
}

Status LimitRules::add(const Exception& exception) {
  Known known{{}, {}, exception.limits};
  int about = 0;
  if (!exception.publisher.empty()) {
    MKT_TRY(const PublisherId publisher, PublisherId::parse(exception.publisher));
    known.subject = publisher_subject(publisher.text());
    ++about;
  }
  if (!exception.tenant.empty()) {
    MKT_TRY(const TenantId tenant, TenantId::parse(exception.tenant));
    known.subject = tenant_subject(tenant.text());
    ++about;
  }
  if (!exception.address.empty()) {
    MKT_TRY(known.range, AddressRange::parse(exception.address));
    ++about;
  }
  if (about != 1) {
    return Error(ErrorCode::usage_error, "it must name one of publisher, tenant and address");
  }
  exceptions_.push_back(std::move(known));
  return {};
}

Status LimitRules::set_on_redis_failure(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  const std::string_view word =
      equals == std::string_view::npos ? assignment : assignment.substr(equals + 1);
  if (word != "memory" && word != "deny") {
    return Error(ErrorCode::usage_error,
                 fmt::format("on-redis-failure must be memory or deny, not \"{}\"",
                             printable(word.substr(0, 32))));
  }
  if (equals == std::string_view::npos) {
    for (const LimitScope scope : kLimitScopes) denies_[scope] = word == "deny";
    return {};
  }
  MKT_TRY(const LimitScope scope, parse_scope(assignment.substr(0, equals)));
  denies_[scope] = word == "deny";
  return {};
}

std::optional<Limit> LimitRules::limit_of(LimitScope scope, std::string_view subject,
                                          std::string_view address) const {
  for (const Known& known : exceptions_) {
    const auto limit = known.limits.find(scope);
    if (limit == known.limits.end()) continue;
    if (known.range ? known.range->contains(address) : known.subject == subject) {
      return limit->second;
    }
  }
  const auto limit = limits_.find(scope);
  return limit == limits_.end() ? std::nullopt : limit->second;
}

bool LimitRules::denies_without_redis(LimitScope scope) const {
  const auto it = denies_.find(scope);
  return it != denies_.end() && it->second;
}

}  // namespace mkt
