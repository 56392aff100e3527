// Categories of the older protocol. They are not stored; each capability belongs to one. No
// capability belongs to "testing" or "documentation", which its clients know too. Thread-safe.
#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace mkt {

// "other" for a capability without a category.
constexpr std::string_view category_of(std::string_view capability) {
  constexpr auto kCategories = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"vcs", "version-control"},
       {"ci-cd", "ci-cd"},
       {"monitoring", "monitoring"},
       {"issue-tracking", "project-management"},
       {"data-integration", "data"},
       {"messaging", "communication"},
       {"cloud", "infrastructure"},
       {"database", "infrastructure"},
       {"auth", "security"}});
  for (const auto& [word, category] : kCategories) {
    if (word == capability) return category;
  }
  return "other";
}

}  // namespace mkt
