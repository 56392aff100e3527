#include "daemon/rules/token_scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/address_range.h"
#include "common/base/utf8.h"
#include "common/wire/policy.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxPatterns = 20;
constexpr std::size_t kMaxRanges = 20;
constexpr std::size_t kMaxShown = 100;

}  // namespace

Status check_scope(const TokenScope& scope) {
  std::vector<ErrorDetail> wrong;
  if (scope.connectors.size() > kMaxPatterns) {
    wrong.push_back({"connectors", fmt::format("may be at most {}", kMaxPatterns)});
  }
  if (scope.from.size() > kMaxRanges) {
    wrong.push_back({"from", fmt::format("may be at most {}", kMaxRanges)});
  }
  for (const std::string& pattern : scope.connectors) {
    if (!is_connector_pattern(pattern)) {
      wrong.push_back({"connectors", fmt::format("must be connector ids, in which * stands for "
                                                 "anything, and not \"{}\"",
                                                 printable(pattern.substr(0, kMaxShown)))});
      break;
    }
  }
  for (const std::string& range : scope.from) {
    if (!AddressRange::parse(range)) {
      wrong.push_back({"from", fmt::format("must be addresses or ranges such as 10.0.0.0/8, or "
                                           "unix, and not \"{}\"",
                                           printable(range.substr(0, kMaxShown)))});
      break;
    }
  }
  if (wrong.empty()) return {};
  std::string message =
      fmt::format("the token's scope is not valid: {} {}", wrong[0].path, wrong[0].message);
  return Error(ErrorCode::invalid_request, std::move(message), std::move(wrong));
}

bool may_use_connector(const TokenScope& scope, std::string_view connector_id) {
  return scope.connectors.empty() ||
         std::any_of(scope.connectors.begin(), scope.connectors.end(),
                     [&](const std::string& p) { return matches_pattern(p, connector_id); });
}

bool may_come_from(const TokenScope& scope, std::string_view address) {
  return scope.from.empty() ||
         std::any_of(scope.from.begin(), scope.from.end(), [&](const std::string& text) {
           const auto range = AddressRange::parse(text);
           return range && range->contains(address);
         });
}

}  // namespace mkt
