#include "common/base/trace_context.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"

namespace mkt {
namespace {

constexpr std::size_t kVersionDigits = 2;
constexpr std::size_t kTraceDigits = 32;
constexpr std::size_t kParentDigits = 16;
constexpr std::size_t kFlagDigits = 2;
constexpr std::size_t kFieldBytes =
    kVersionDigits + 1 + kTraceDigits + 1 + kParentDigits + 1 + kFlagDigits;
constexpr std::string_view kOurVersion = "00";
constexpr std::string_view kForbiddenVersion = "ff";
// "Vendors SHOULD propagate at least 512 characters"; at most 32 members.
constexpr std::size_t kMostStateBytes = 512;
constexpr std::size_t kMostMembers = 32;

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_ascii_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

// Takes that many digits and what follows them: a dash, or at the last field nothing.
std::optional<std::string_view> take_digits(std::string_view& rest, std::size_t digits) {
  if (rest.size() < digits || !is_lower_hex(rest.substr(0, digits))) return std::nullopt;
  if (rest.size() > digits && rest[digits] != '-') return std::nullopt;
  const std::string_view taken = rest.substr(0, digits);
  rest.remove_prefix(std::min(rest.size(), digits + 1));
  return taken;
}

bool is_member(std::string_view member) {
  const std::size_t equals = member.find('=');
  return equals != 0 && equals != std::string_view::npos &&
         std::all_of(member.begin(), member.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

// The members that are passed on; empty where it is no list.
std::string state_of(std::string_view tracestate) {
  std::string state;
  std::size_t members = 0;
  bool full = false;
  for (bool more = true; more;) {
    const std::size_t comma = tracestate.find(',');
    more = comma != std::string_view::npos;
    const std::string_view member = trim(tracestate.substr(0, comma));
    tracestate.remove_prefix(more ? comma + 1 : tracestate.size());
    if (member.empty()) continue;
    if (!is_member(member) || ++members > kMostMembers) return {};
    full = full || state.size() + 1 + member.size() > kMostStateBytes;
    if (full) continue;
    if (!state.empty()) state += ',';
    state += member;
  }
  return state;
}

}  // namespace

std::optional<TraceContext> TraceContext::parse(std::string_view traceparent,
                                                std::string_view tracestate) {
  std::string_view rest = trim(traceparent);
  if (rest.size() < kFieldBytes) return std::nullopt;
  const bool has_exact_size = rest.size() == kFieldBytes;
  const auto version = take_digits(rest, kVersionDigits);
  if (!version || *version == kForbiddenVersion) return std::nullopt;
  if (*version == kOurVersion && !has_exact_size) return std::nullopt;
  const auto trace = take_digits(rest, kTraceDigits);
  if (!trace || is_zero(*trace)) return std::nullopt;
  const auto parent = take_digits(rest, kParentDigits);
  if (!parent || is_zero(*parent)) return std::nullopt;
  const auto flags = take_digits(rest, kFlagDigits);
  if (!flags) return std::nullopt;
  const bool sampled = (hex_digit(flags->back()) & 1) != 0;
  return TraceContext{std::string(*trace), std::string(*parent), sampled, state_of(tracestate)};
}

std::string TraceContext::traceparent(std::string_view span_id) const {
  return fmt::format("{}-{}-{}-{}", kOurVersion, trace_id, span_id, sampled ? "01" : "00");
}

}  // namespace mkt
