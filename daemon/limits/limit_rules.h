// LimitRules: how much whom is allowed; what flags and mktd.conf say.
//
// A request's limit is that of the first exception in the file's order that is about it and names
// its scope, and else the scope's own. A value; thread-safe once made.
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

// By publisher, by tenant, or by client: "publisher:acme", "tenant:team", "address:10.0.0.1".
std::string publisher_subject(std::string_view publisher);
std::string tenant_subject(std::string_view tenant);
// IPv6 clients count by their /64: who has one has all of its addresses.
std::string address_subject(std::string_view address);

class LimitRules {
 public:
  // None: off.
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
  // usage_error for one about nobody, or about several.
  Status add(const Exception& exception);
  // "deny" or "memory", of all or "publish=deny"; usage_error.
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

// "publish=10/15m" as a scope and a limit; usage_error.
Result<std::pair<LimitScope, std::optional<Limit>>> parse_limit_assignment(std::string_view text);

}  // namespace mkt
