// The words of the records' enumerations.
#include "daemon/store/records.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

namespace mkt {
namespace {

template <typename Enum, std::size_t N>
std::string_view name_of(const std::array<std::pair<std::string_view, Enum>, N>& table,
                         Enum value) {
  for (const auto& [name, v] : table) {
    if (v == value) return name;
  }
  return "";
}

template <typename Enum, std::size_t N>
std::optional<Enum> value_of(const std::array<std::pair<std::string_view, Enum>, N>& table,
                             std::string_view text) {
  for (const auto& [name, v] : table) {
    if (name == text) return v;
  }
  return std::nullopt;
}

constexpr auto kPublisherStatuses = std::to_array<std::pair<std::string_view, PublisherStatus>>(
    {{"active", PublisherStatus::active},
     {"suspended", PublisherStatus::suspended},
     {"banned", PublisherStatus::banned}});
constexpr auto kKeyStatuses =
    std::to_array<std::pair<std::string_view, KeyStatus>>({{"active", KeyStatus::active},
                                                           {"retired", KeyStatus::retired},
                                                           {"revoked", KeyStatus::revoked}});
constexpr auto kRoles =
    std::to_array<std::pair<std::string_view, Role>>({{"admin", Role::admin},
                                                      {"publisher", Role::publisher},
                                                      {"tenant-admin", Role::tenant_admin},
                                                      {"member", Role::member},
                                                      {"approver", Role::approver}});

constexpr auto kReasonCodes = std::to_array<std::pair<std::string_view, ReasonCode>>(
    {{"unspecified", ReasonCode::unspecified},
     {"superseded", ReasonCode::superseded},
     {"cessation", ReasonCode::cessation},
     {"compromised", ReasonCode::compromised}});

constexpr auto kRequestStatuses = std::to_array<std::pair<std::string_view, RequestStatus>>(
    {{"pending", RequestStatus::pending},
     {"approved", RequestStatus::approved},
     {"denied", RequestStatus::denied},
     {"expired", RequestStatus::expired},
     {"cancelled", RequestStatus::cancelled}});

}  // namespace

std::string_view publisher_status_name(PublisherStatus s) { return name_of(kPublisherStatuses, s); }
std::string_view key_status_name(KeyStatus s) { return name_of(kKeyStatuses, s); }
std::string TokenScope::join(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::vector<std::string> TokenScope::split(std::string_view words) {
  std::vector<std::string> all;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    all.emplace_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return all;
}

std::string_view role_name(Role r) { return name_of(kRoles, r); }
std::string_view reason_code_name(ReasonCode c) { return name_of(kReasonCodes, c); }
std::string_view request_status_name(RequestStatus s) { return name_of(kRequestStatuses, s); }
std::optional<PublisherStatus> parse_publisher_status(std::string_view text) {
  return value_of(kPublisherStatuses, text);
}
std::optional<KeyStatus> parse_key_status(std::string_view text) {
  return value_of(kKeyStatuses, text);
}
std::optional<Role> parse_role(std::string_view text) { return value_of(kRoles, text); }
std::optional<ReasonCode> parse_reason_code(std::string_view text) {
  return value_of(kReasonCodes, text);
}
std::optional<RequestStatus> parse_request_status(std::string_view text) {
  return value_of(kRequestStatuses, text);
}

}  // namespace mkt
