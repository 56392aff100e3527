// Owners: which publishers may publish new versions of a connector, as rows. Held with the
// connector.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_time.h"
#include "daemon/store/records/log.h"

namespace mkt {

struct OwnerRecord {
  std::string publisher_id;
  UtcTime added_at;
};

class Owners {
 public:
  virtual ~Owners() = default;

  // In the order they were added.
  virtual std::vector<OwnerRecord> of(std::string_view connector_id) const = 0;
  virtual bool contains(std::string_view connector_id, std::string_view publisher_id) const = 0;

  virtual void insert(std::string_view connector_id, const OwnerRecord& owner, EntryRef added) = 0;
  virtual void remove(std::string_view connector_id, std::string_view publisher_id) = 0;
};

}  // namespace mkt
