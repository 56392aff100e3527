#include "cli/commands/token_limits.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "common/base/utf8.h"

namespace mkt {

std::string limits_of(const wire::TokenInfo& token) {
  std::vector<std::string> limits;
  if (token.read_only) limits.emplace_back("reads");
  if (!token.connectors.empty())
    limits.push_back(fmt::format("{}", fmt::join(token.connectors, " ")));
  if (!token.from.empty()) limits.push_back(fmt::format("{}", fmt::join(token.from, " ")));
  return printable(fmt::format("{}", fmt::join(limits, "; ")));
}

void tell_limits(const Output& out, const wire::TokenInfo& token) {
  const std::string limits = limits_of(token);
  if (!limits.empty()) out.note("it is limited: " + limits);
  if (token.expires_at) out.note("it expires " + printable(*token.expires_at));
}

}  // namespace mkt
