// Cursors: which log entry each webhook received last, as rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mkt {

class Cursors {
 public:
  virtual ~Cursors() = default;

  virtual std::optional<std::int64_t> find(std::string_view webhook) const = 0;
  // Never back.
  virtual void set(std::string_view webhook, std::int64_t seq) = 0;
};

}  // namespace mkt
