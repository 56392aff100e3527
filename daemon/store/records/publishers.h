// Publishers, as rows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_time.h"
#include "daemon/store/hold.h"

namespace mkt {

enum class PublisherStatus { active, suspended, banned };
std::string_view publisher_status_name(PublisherStatus status);
std::optional<PublisherStatus> parse_publisher_status(std::string_view text);

struct PublisherRecord {
  std::string id;
  std::string display_name;
  std::string email;
  PublisherStatus status = PublisherStatus::active;
  bool verified = false;
  UtcTime created_at;
  std::string status_reason;
};

class Publishers {
 public:
  virtual ~Publishers() = default;

  virtual std::optional<PublisherRecord> find(std::string_view id,
                                              Hold hold = Hold::none) const = 0;
  virtual std::vector<PublisherRecord> all() const = 0;  // by id

  virtual void insert(const PublisherRecord& publisher) = 0;
  virtual void set_status(std::string_view id, PublisherStatus status, std::string_view reason) = 0;
  virtual void set_verified(std::string_view id, bool verified) = 0;
};

}  // namespace mkt
