// NoRemovals: the removals of a store of one daemon, which has none (records/removals.h).
#pragma once

#include "daemon/store/records/removals.h"

namespace mkt {

class NoRemovals : public Removals {
 public:
  std::optional<Removal> find(std::string_view, Hold) const override { return std::nullopt; }
  std::vector<Removal> all(std::string_view, std::uint32_t) const override { return {}; }
  void begin(std::string_view) override {}
  void finish(std::string_view, UtcTime) override {}
  void forget(std::string_view) override {}
};

}  // namespace mkt
