// SpentKeys: Idempotency-Keys that were used, with the first answer, as rows.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/utc_time.h"
#include "daemon/store/records/log.h"

namespace mkt {

// The first answer to a POST with an Idempotency-Key; `status` 0 while it is not known.
struct FirstAnswer {
  std::string request_hash;
  int status = 0;
  std::string content_type;
  std::string body;
};

class SpentKeys {
 public:
  virtual ~SpentKeys() = default;

  // nullopt for a key that was not used, or whose time is over.
  virtual std::optional<FirstAnswer> find(std::string_view scope, std::string_view key,
                                          UtcTime now) const = 0;
  // How many keys of that scope are kept.
  virtual std::size_t live(std::string_view scope, UtcTime now) const = 0;

  // False when another request than `request_id` spent it already.
  virtual bool spend(const IdempotencyKey& key, std::string_view request_id) = 0;
  virtual void keep(const IdempotencyKey& key, const FirstAnswer& answer) = 0;
  // At most `limit`, those first whose time ended first; how many they were.
  virtual std::size_t remove_expired(UtcTime now, std::uint32_t limit) = 0;
};

}  // namespace mkt
