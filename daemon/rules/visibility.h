// Decides who sees a connector that is not for everyone.
//
// It is there for the tenants that it is visible to, for its owners and for admins. For anybody
// else it does not exist: not in search, not in counts, and by its id it is not found.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mkt {

// Who looks. Empty members for who is none of that.
struct Viewer {
  bool is_admin = false;
  std::string publisher = {};
  std::string tenant = {};
};

inline bool is_for_everyone(const std::vector<std::string>& visible_to) {
  return visible_to.empty();
}

// A tenant may see, install and approve it.
bool is_visible_to(const std::vector<std::string>& visible_to, std::string_view tenant);

// `owners` are publishers.
bool sees(const Viewer& viewer, const std::vector<std::string>& visible_to,
          const std::vector<std::string>& owners);

}  // namespace mkt
