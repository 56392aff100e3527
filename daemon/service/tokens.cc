#include "daemon/service/tokens.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "common/base/encoding.h"
#include "common/base/same_secret.h"
#include "common/base/token_text.h"
#include "daemon/rules/key_rules.h"
#include "daemon/rules/person.h"
#include "daemon/rules/token_scope.h"
#include "daemon/service/install_requests.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxNameLengthOfToken = 128;

std::string token_hash(std::string_view token) { return Checksum::of(as_bytes(token)).hex(); }

std::optional<UtcTime> default_expiry(const Marketplace& market) {
  const auto lifetime = market.rules.get()->token_lifetime;
  return lifetime ? std::optional(market.now() + *lifetime) : std::nullopt;
}

// Who may come from some addresses only makes no token that may come from others.
Status stay_within(const TokenScope& own, TokenScope& wanted) {
  if (own.from.empty()) return {};
  if (wanted.from.empty()) wanted.from = own.from;
  for (const std::string& range : wanted.from) {
    if (std::find(own.from.begin(), own.from.end(), range) != own.from.end()) continue;
    return Error(ErrorCode::forbidden,
                 fmt::format("your token may come from {} only, and makes tokens for these only",
                             fmt::join(own.from, ", ")));
  }
  return {};
}

Result<CreatedToken> create(const Marketplace& market, const Actor& actor, const NewToken& wanted) {
  CreatedToken created;
  created.record.id = random_hex(kTokenIdBytes);
  created.secret =
      fmt::format("{}{}_{}", kTokenPrefix, created.record.id, random_hex(kTokenSecretBytes));
  created.record.hash = token_hash(created.secret);
  created.record.name = wanted.name;
  created.record.role = wanted.role;
  created.record.subject = wanted.subject;
  created.record.created_at = market.now();
  created.record.expires_at = wanted.expires_at;
  created.record.scope = wanted.scope;
  MKT_CHECK(keep_token(market, actor, created.record));
  return created;
}

// What the log says of a new token.
Json token_document(const TokenRecord& token) {
  Json document{{"token", token.id},
                {"name", token.name},
                {"role", role_name(token.role)},
                {"subject", token.subject}};
  if (token.expires_at) document["expiresAt"] = format_utc(*token.expires_at);
  if (token.scope.read_only) document["readOnly"] = true;
  if (!token.scope.connectors.empty()) document["connectors"] = token.scope.connectors;
  if (!token.scope.from.empty()) document["from"] = token.scope.from;
  return document;
}

// The name says who asks and who approves (Caller::person).
Status check_person(const NewToken& wanted) {
  if (person_key(wanted.name).empty()) {
    return Error(ErrorCode::invalid_request,
                 "a tenant's token needs a name: it says who asks and who approves; use --name",
                 {{"name", "is missing"}});
  }
  if (is_reserved_person(wanted.name)) {
    return Error(ErrorCode::invalid_request,
                 fmt::format("{} is a name that the registry reserves for itself", wanted.name),
                 {{"name", "is reserved"}});
  }
  return {};
}

// Removes the token's approvals of requests that still wait.
void withdraw_approvals(Change& change, const std::string& token_id) {
  Records& records = change.records();
  std::set<std::string> tenants;
  for (const auto& r : records.requests().approved_with(token_id)) tenants.insert(r.tenant_id);
  for (const std::string& tenant : tenants) records.hold_tenant(tenant, Hold::exclusive);
  for (const InstallRequestRecord& r : records.requests().approved_with(token_id)) {
    records.requests().remove_approvals(r, token_id);
    Json document = request_document(r);
    document["token"] = token_id;
    change.log("request.unapprove", r.id, document);
  }
}

Error token_refused() {
  return Error(ErrorCode::unauthorized,
               "the token is not valid (unknown, revoked or expired); run: mkt login");
}

// For a token that somebody has shown to have.
Status let_in(const Marketplace& market, const TokenRecord& token, Caller& caller) {
  if (token.expires_at && *token.expires_at <= market.now()) return token_refused();
  if (!may_come_from(token.scope, caller.address)) {
    return Error(ErrorCode::forbidden,
                 fmt::format("the token {} may not be used from {}", token.id, caller.address));
  }
  caller.token_id = token.id;
  caller.token_name = token.name;
  caller.role = token.role;
  caller.subject = token.subject;
  caller.scope = token.scope;
  return {};
}

Status decide_to_remove(Change& change, const std::string& id) {
  Tokens& tokens = change.records().tokens();
  const auto token = tokens.find(id, Hold::exclusive);
  if (!token) {
    return Error(ErrorCode::token_not_found, fmt::format("there is no token {}", id));
  }
  // From now on only the log knows whose it was.
  change.log("token.revoke", id, {{"token", id}, {"name", token->name}});
  withdraw_approvals(change, id);
  tokens.remove(id);
  return {};
}

}  // namespace

Status keep_token(const Marketplace& market, const Actor& actor, const TokenRecord& token) {
  return market.change(actor, token.created_at, Touches::nothing(), [&](Change& change) -> Status {
    change.log("token.create", token.id, token_document(token));
    change.records().tokens().insert(token);
    return {};
  });
}

Status remove_token(const Marketplace& market, const Actor& actor, std::string_view id) {
  return market.change(actor, market.now(), Touches::token(std::string(id)),
                       [&](Change& change) { return decide_to_remove(change, std::string(id)); });
}

Result<std::optional<TokenRecord>> find_token(const Marketplace& market, std::string_view id) {
  return market.views.tokens.find(id);
}

Result<CreatedToken> create_token(const Marketplace& market, const Caller& caller,
                                  const NewToken& wanted) {
  MKT_CHECK(require_admin(caller));
  if (wanted.name.size() > kMaxNameLengthOfToken) {
    return Error(ErrorCode::invalid_request,
                 fmt::format("a token's name has at most {} bytes", kMaxNameLengthOfToken));
  }
  if (!is_visible(wanted.name)) {
    return Error(ErrorCode::invalid_request,
                 "a token's name may only contain visible characters: with a zero-width space, it "
                 "would look like another's",
                 {{"name", "contains invisible characters"}});
  }
  if (wanted.role == Role::admin) {
    if (!wanted.subject.empty()) {
      return Error(ErrorCode::invalid_request, "an admin's token has no subject");
    }
  } else if (wanted.role == Role::publisher) {
    MKT_TRY(const PublisherId id, PublisherId::parse(wanted.subject));
    MKT_TRY(const auto publisher, market.read([&](const Records& records) {
      return records.publishers().find(id.text());
    }));
    if (!publisher) return no_publisher(id.text());
  } else {
    MKT_TRY(const TenantId id, TenantId::parse(wanted.subject));
    MKT_CHECK(check_person(wanted));
  }
  if (wanted.expires_at && *wanted.expires_at <= market.now()) {
    return Error(ErrorCode::invalid_request, "expiresAt is in the past");
  }
  MKT_CHECK(check_scope(wanted.scope));
  NewToken whole = wanted;
  MKT_CHECK(stay_within(caller.scope, whole.scope));
  if (!whole.expires_at) whole.expires_at = default_expiry(market);
  return create(market, caller.actor(), whole);
}

Result<std::optional<CreatedToken>> create_first_admin_token(const Marketplace& market) {
  MKT_TRY(const auto tokens,
          market.read([](const Records& records) { return records.tokens().all(); }));
  if (!tokens.empty()) return std::optional<CreatedToken>();
  MKT_TRY(auto created, create(market, kSystem, {"first admin", Role::admin, "", std::nullopt}));
  return std::optional<CreatedToken>(std::move(created));
}

Result<CreatedToken> create_recovery_token(const Marketplace& market) {
  return create(market, kSystem, {"recovery", Role::admin, "", std::nullopt});
}

Result<CreatedToken> create_token_of_publisher(const Marketplace& market, const Actor& actor,
                                               const PublisherId& publisher) {
  return create(market, actor,
                {"registration", Role::publisher, publisher.text(), default_expiry(market)});
}

Status sign_in(const Marketplace& market, std::string_view token, Caller& caller) {
  const std::string_view id = token_id_in(token);
  if (id.empty()) return token_refused();
  MKT_TRY(const auto record, market.views.tokens.find(id));
  // Compares even where there is no such token, so that the time reveals nothing.
  const std::string actual = token_hash(token);
  const std::string expected = record ? record->hash : std::string(actual.size(), '0');
  const bool same = same_secret(actual, expected);
  if (!record || !same) return token_refused();
  return let_in(market, *record, caller);
}

Status resume_session(const Marketplace& market, std::string_view token_id, Caller& caller) {
  MKT_TRY(const auto record, market.views.tokens.find(token_id));
  if (!record) return token_refused();
  return let_in(market, *record, caller);
}

Result<std::vector<TokenRecord>> list_tokens(const Marketplace& market, const Caller& caller) {
  if (!caller.signed_in()) return require_admin(caller).error();
  MKT_TRY(auto tokens, market.read([](const Records& records) { return records.tokens().all(); }));
  if (!caller.is_admin()) {
    std::erase_if(tokens, [&](const TokenRecord& t) { return t.id != caller.token_id; });
  }
  return tokens;
}

Status revoke_token(const Marketplace& market, const Caller& caller, std::string_view id) {
  if (id != caller.token_id || !caller.signed_in()) MKT_CHECK(require_admin(caller));
  return remove_token(market, caller.actor(), id);
}

}  // namespace mkt
