// LimitRules: which limits apply to whom, from flags and mktd.conf.
//
// The first exception in the file that is about the caller and names the scope gives the limit;
// otherwise the scope's own limit applies. A value; thread-safe once made.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/address_range.h"
#include "daemon/limits/limit.h"

namespace mkt {

// Who is limited: "publisher:acme", "tenant:team", or by client "address:10.0.0.1".
std::string publisher_subject(std::string_view publisher);
std::string tenant_subject(std::string_view tenant);
// An IPv6 client counts by its /64, as it can use all the addresses in it.
std::string address_subject(std::string_view address);

class LimitRules {
 public:
  // nullopt: off.
  using Limits = std::map<LimitScope, std::optional<Limit>>;

  struct Exception {
    std::string publisher;
    std::string tenant;
    std::string address;  // a range
    Limits limits;
  };

  // publish 10, search 100, download 50, install 30, change 200, auth-failure 20, each in 15
  // minutes; register 10 in an hour.
  static LimitRules defaults();

  // "publish=10/15m"; usage_error.
  Status set(std::string_view assignment);
  // usage_error for an exception about nobody, or about several kinds of callers.
  Status add(const Exception& exception);
  // "deny" or "memory" for all scopes, or "publish=deny"; usage_error.
  Status set_on_redis_failure(std::string_view assignment);

  std::optional<Limit> limit_of(LimitScope scope, std::string_view subject,
                                std::string_view address) const;
  bool denies_without_redis(LimitScope scope) const;

 private:
  struct Known {
    std::string subject;
    std::optional<AddressRange> range;
    Limits limits;
  };
  Limits limits_;
  std::vector<Known> exceptions_;
  std::map<LimitScope, bool> denies_;
};

// Parses "publish=10/15m" into a scope and a limit; usage_error.
Result<std::pair<LimitScope, std::optional<Limit>>> parse_limit_assignment(std::string_view text);

}  // namespace mkt
