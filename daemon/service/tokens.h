// Bearer tokens: `mkt_<12 hex digits: its id>_<64 hex digits: 256 random bits>`.
//
// The store keeps the SHA-256 of the whole token, which is enough for a random secret. The token
// itself is shown once. A check finds the id and compares the hash in constant time.
#pragma once

#include <string>
#include <string_view>

#include "daemon/service/marketplace.h"

namespace mkt {

struct NewToken {
  std::string name;
  Role role = Role::member;
  std::string subject;
  std::optional<UtcTime> expires_at;  // nullopt: as the registry's settings say
  TokenScope scope = {};
};

struct CreatedToken {
  TokenRecord record;
  std::string secret;  // the token itself: never logged, never stored
};

// For an admin. invalid_request where role and subject do not fit together.
Result<CreatedToken> create_token(const Marketplace& market, const Caller& caller,
                                  const NewToken& wanted);

// The very first token, which the daemon itself creates; nullopt where there are tokens.
Result<std::optional<CreatedToken>> create_first_admin_token(const Marketplace& market);

// An admin's token for who has lost all of them and may write the database, which is the proof.
Result<CreatedToken> create_recovery_token(const Marketplace& market);

// The first token of a publisher that registered itself.
Result<CreatedToken> create_token_of_publisher(const Marketplace& market, const Actor& actor,
                                               const PublisherId& publisher);

// Fills in the caller, whose address must be known. unauthorized for a token that is unknown, wrong
// or expired; forbidden for one that may not come from there.
Status sign_in(const Marketplace& market, std::string_view token, Caller& caller);

// The same for somebody whose token of that id was checked before, and opened a session then.
Status resume_session(const Marketplace& market, std::string_view token_id, Caller& caller);

// An admin sees all tokens, anybody else only its own.
Result<std::vector<TokenRecord>> list_tokens(const Marketplace& market, const Caller& caller);

Result<std::optional<TokenRecord>> find_token(const Marketplace& market, std::string_view id);

// The change alone, for a checked token.
Status keep_token(const Marketplace& market, const Actor& actor, const TokenRecord& token);
// Also removes the token's approvals of requests that still wait. token_not_found.
Status remove_token(const Marketplace& market, const Actor& actor, std::string_view id);

// An admin may revoke any token, anybody else only its own. token_not_found.
Status revoke_token(const Marketplace& market, const Caller& caller, std::string_view id);

}  // namespace mkt
