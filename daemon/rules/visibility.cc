#include "daemon/rules/visibility.h"

#include <algorithm>

namespace mkt {
namespace {

bool is_among(const std::vector<std::string>& names, std::string_view name) {
  return !name.empty() && std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool is_visible_to(const std::vector<std::string>& visible_to, std::string_view tenant) {
  return is_for_everyone(visible_to) || is_among(visible_to, tenant);
}

bool sees(const Viewer& viewer, const std::vector<std::string>& visible_to,
          const std::vector<std::string>& owners) {
  return viewer.is_admin || is_visible_to(visible_to, viewer.tenant) ||
         is_among(owners, viewer.publisher);
}

}  // namespace mkt
