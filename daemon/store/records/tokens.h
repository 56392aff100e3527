// Tokens: bearer tokens, as rows; only the hash of the secret is stored.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_time.h"
#include "daemon/store/hold.h"

namespace mkt {

enum class Role { admin, publisher, tenant_admin, member, approver };
std::string_view role_name(Role role);
std::optional<Role> parse_role(std::string_view text);

// What it may do less than its role.
struct TokenScope {
  bool read_only = false;
  std::vector<std::string> connectors = {};  // patterns (common/wire/policy.h); empty: all
  std::vector<std::string> from = {};        // address ranges of its clients; empty: all

  // As rows have them: joined by spaces.
  static std::string join(const std::vector<std::string>& words);
  static std::vector<std::string> split(std::string_view words);
};

struct TokenRecord {
  std::string id;    // the public part of the token
  std::string hash;  // hex SHA-256 of the whole token
  std::string name;
  Role role = Role::member;
  std::string subject;  // the publisher or tenant; empty for admin
  UtcTime created_at;
  std::optional<UtcTime> expires_at;
  std::optional<UtcTime> last_used_at;
  TokenScope scope = {};
};

class Tokens {
 public:
  virtual ~Tokens() = default;

  virtual std::optional<TokenRecord> find(std::string_view id, Hold hold = Hold::none) const = 0;
  virtual std::vector<TokenRecord> all() const = 0;  // in the order of their creation
  // True where the token exists and its time is not over.
  virtual bool stands(std::string_view id, UtcTime now, Hold hold = Hold::none) const = 0;

  virtual void insert(const TokenRecord& token) = 0;
  virtual void remove(std::string_view id) = 0;
  virtual void set_used(std::string_view id, UtcTime at) = 0;
};

}  // namespace mkt
