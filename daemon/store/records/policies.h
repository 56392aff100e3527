// Policies: what each tenant may install, revision by revision, as rows. Held with the tenant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_time.h"

namespace mkt {

// A tenant's policy from `set_at` on; the highest revision is in force.
struct PolicyRecord {
  std::string tenant_id;
  std::int64_t revision = 0;
  std::string document;  // JSON of common/wire/policy.h
  UtcTime set_at;
  std::string set_by;  // Actor::who
};

struct PolicySize {
  std::int64_t revision = 0;
  std::int64_t bytes = 0;  // of the document
};

class Policies {
 public:
  virtual ~Policies() = default;

  // nullopt for a tenant that has never set one.
  virtual std::optional<PolicyRecord> current(std::string_view tenant_id) const = 0;
  // Newest first.
  virtual std::vector<PolicyRecord> history(std::string_view tenant_id,
                                            std::uint32_t limit) const = 0;
  virtual std::vector<PolicySize> sizes(std::string_view tenant_id) const = 0;  // newest first

  virtual void insert(const PolicyRecord& policy) = 0;
  virtual void remove(std::string_view tenant_id, std::int64_t revision) = 0;
};

}  // namespace mkt
