#include "common/connector/visibility.h"

#include <fmt/format.h>

#include <set>

#include "common/connector/names.h"

namespace mkt {
namespace {

constexpr std::string_view kEveryone = "everyone";
constexpr std::string_view kTenants = "tenants:";

Error no_visibility(std::string_view why) {
  return Error(
      ErrorCode::invalid_input,
      fmt::format("a visibility is \"everyone\", or \"tenants:\" and the ids of at most {} "
                  "tenants with commas between: {}",
                  kMaxVisibleTo, why));
}

}  // namespace

Result<std::vector<std::string>> parse_visibility(std::string_view text) {
  if (text == kEveryone) return std::vector<std::string>();
  if (!text.starts_with(kTenants)) return no_visibility("it is neither");
  std::string_view rest = text.substr(kTenants.size());
  std::set<std::string> tenants;
  for (bool more = true; more;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const auto tenant = TenantId::parse(rest.substr(0, comma));
    if (!tenant) return no_visibility(tenant.error().message);
    tenants.insert(tenant->text());
    if (tenants.size() > kMaxVisibleTo) return no_visibility("there are more");
    more = comma < rest.size();
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return std::vector<std::string>(tenants.begin(), tenants.end());
}

std::string visibility_text(const std::vector<std::string>& tenants) {
  if (tenants.empty()) return std::string(kEveryone);
  return fmt::format("{}{}", kTenants, fmt::join(tenants, ","));
}

}  // namespace mkt
