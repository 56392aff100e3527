#pragma once
#include <optional>
#include <string_view>
namespace mkt {
class IgnoreRules {
 public:
  static IgnoreRules parse(std::string_view) { return {}; }
  std::optional<bool> match(std::string_view, bool) const { return std::nullopt; }
};
}  // namespace mkt
