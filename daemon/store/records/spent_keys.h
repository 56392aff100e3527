// SpentKeys: used Idempotency-Keys with the first answer, as rows.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/utc_time.h"
#include "daemon/store/records/log.h"

namespace mkt {

// The first answer to a POST with an Idempotency-Key; `status` is 0 while the answer is unknown.
struct FirstAnswer {
  std::string request_hash;
  int status = 0;
  std::string content_type;
  std::string body;
  UtcTime expires_at = {};  // of the key; set where it was found
};

class SpentKeys {
 public:
  virtual ~SpentKeys() = default;

  // nullopt for a key that is unused or whose time is over.
  virtual std::optional<FirstAnswer> find(std::string_view scope, std::string_view key,
                                          UtcTime now) const = 0;
  // How many keys of that scope are stored.
  virtual std::size_t live(std::string_view scope, UtcTime now) const = 0;

  // False when a request other than `request_id` has spent the key already.
  virtual bool spend(const IdempotencyKey& key, std::string_view request_id) = 0;
  virtual void keep(const IdempotencyKey& key, const FirstAnswer& answer) = 0;
  // Removes at most `limit` keys, the first to expire first; returns how many.
  virtual std::size_t remove_expired(UtcTime now, std::uint32_t limit) = 0;
};

}  // namespace mkt
