// Tokens: made once, checked always.
#include "daemon/service/tokens.h"

#include <doctest/doctest.h>

#include "common/base/files.h"
#include "tests/unit/must.h"
#include "tests/unit/service/registry.h"

namespace mkt {
namespace {

struct MarketFixture {
  MarketFixture()
      : folder(*TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-tokens-")),
        registry(folder.path()) {
    market.now = [this] { return now; };
    admin.token_id = "x";
    admin.role = Role::admin;
    const TokenRecord record{"x", "h", "admin", Role::admin, "", now, {}, {}};
    REQUIRE(registry.add_token(record, {"system", "", ""}));
  }
  ErrorCode sign_in_code(std::string_view token) {
    Caller caller;
    const Status status = sign_in(market, token, caller);
    REQUIRE_FALSE(status);
    CHECK_FALSE(caller.signed_in());
    return status.error().code;
  }

  UtcTime now = *parse_utc("2026-01-31T12:00:00Z");
  TemporaryFolder folder;
  Registry registry;
  Marketplace& market = registry.market();
  Caller admin;
};

TEST_CASE_FIXTURE(MarketFixture, "no token has a name that looks like another's") {
  for (const char* name : {"bob\u200b", "\u202ebob", "b\u00adob", "bob\ufe0f"}) {
    CAPTURE(name);
    for (const Role role : {Role::approver, Role::member, Role::admin}) {
      const char* tenant = role == Role::admin ? "" : "team";
      const auto created = create_token(market, admin, {name, role, tenant, std::nullopt});
      REQUIRE_FALSE(created);
      CHECK(created.error().code == ErrorCode::invalid_request);
    }
  }
}

TEST_CASE_FIXTURE(MarketFixture, "a token says who the caller is") {
  const auto created = create_token(market, admin, {"ci", Role::member, "team", std::nullopt});
  REQUIRE(created);
  CHECK(created->secret.starts_with("mkt_"));
  CHECK(created->secret.size() == 4 + 12 + 1 + 64);
  Caller caller;
  REQUIRE(sign_in(market, created->secret, caller));
  CHECK(caller.role == Role::member);
  CHECK(caller.subject == "team");
  // Only a hash is stored.
  CHECK(must(registry.token(created->record.id)).hash.find(created->secret.substr(17)) ==
        std::string::npos);
}

TEST_CASE_FIXTURE(MarketFixture, "a token that is not exactly right is refused") {
  const auto created = create_token(market, admin, {"ci", Role::member, "team", std::nullopt});
  REQUIRE(created);
  std::string wrong = created->secret;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  for (const std::string& token :
       {wrong, created->secret + "0", created->secret.substr(1), std::string("mkt_"),
        "mkt_000000000000_" + std::string(64, '0'), std::string(1000, 'a')}) {
    CAPTURE(token);
    CHECK(sign_in_code(token) == ErrorCode::unauthorized);
  }
}

TEST_CASE_FIXTURE(MarketFixture, "a token ends at its time and when it is revoked") {
  const auto created =
      create_token(market, admin, {"ci", Role::member, "team", now + std::chrono::hours(1)});
  REQUIRE(created);
  Caller caller;
  CHECK(sign_in(market, created->secret, caller));
  now += std::chrono::hours(1);
  CHECK(sign_in_code(created->secret) == ErrorCode::unauthorized);
  now -= std::chrono::minutes(1);
  REQUIRE(revoke_token(market, admin, created->record.id));
  CHECK(sign_in_code(created->secret) == ErrorCode::unauthorized);
}

TEST_CASE_FIXTURE(MarketFixture, "only an admin makes tokens, and only sensible ones") {
  Caller nobody;
  CHECK(create_token(market, nobody, {}).error().code == ErrorCode::unauthorized);
  Caller member = admin;
  member.role = Role::member;
  CHECK(create_token(market, member, {}).error().code == ErrorCode::forbidden);
  CHECK(create_token(market, admin, {"", Role::publisher, "nobody", std::nullopt}).error().code ==
        ErrorCode::publisher_not_found);
  CHECK(create_token(market, admin, {"", Role::admin, "somebody", std::nullopt}).error().code ==
        ErrorCode::invalid_request);
  CHECK_FALSE(create_token(market, admin, {"ci", Role::member, "Not a name", std::nullopt}));
  CHECK(create_token(market, admin, {"ci", Role::member, "t", now}).error().code ==
        ErrorCode::invalid_request);
}

TEST_CASE_FIXTURE(MarketFixture, "a tenant's token is somebody's, and approves under that name") {
  for (const Role role : {Role::tenant_admin, Role::member, Role::approver}) {
    for (const char* name : {"", "  ", "system", "Policy "}) {
      CAPTURE(name);
      const auto created = create_token(market, admin, {name, role, "team", std::nullopt});
      REQUIRE_FALSE(created);
      CHECK(created.error().code == ErrorCode::invalid_request);
    }
  }
  // One from before that rule, and an admin's, which need none.
  Caller caller = admin;
  CHECK_FALSE(caller.has_name());
  const auto approved =
      approve_request(market, caller, *TenantId::parse("team"), "req_1", std::nullopt);
  REQUIRE_FALSE(approved);
  CHECK(approved.error().code == ErrorCode::forbidden);
}

TEST_CASE_FIXTURE(MarketFixture, "everybody sees and revokes their own token, an admin any") {
  const auto mine = create_token(market, admin, {"ann", Role::member, "a", std::nullopt});
  const auto other = create_token(market, admin, {"bob", Role::member, "b", std::nullopt});
  REQUIRE(mine);
  REQUIRE(other);
  Caller me;
  REQUIRE(sign_in(market, mine->secret, me));
  CHECK(list_tokens(market, me)->size() == 1);
  CHECK(list_tokens(market, admin)->size() == 3);  // and the admin's own
  CHECK(revoke_token(market, me, other->record.id).error().code == ErrorCode::forbidden);
  CHECK(revoke_token(market, me, me.token_id));
}

}  // namespace
}  // namespace mkt
