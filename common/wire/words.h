// The words that members of several messages take their values from; for their schemas.
#pragma once

#include <array>
#include <string_view>

namespace mkt::wire {

inline constexpr auto kRoles =
    std::to_array<std::string_view>({"admin", "publisher", "tenant-admin", "member", "approver"});
inline constexpr auto kPublisherStatuses =
    std::to_array<std::string_view>({"active", "suspended", "banned"});
// Why a version is withdrawn.
inline constexpr auto kWithdrawalCodes =
    std::to_array<std::string_view>({"security", "legal", "mistake"});
inline constexpr auto kReasonCodes =
    std::to_array<std::string_view>({"superseded", "cessation", "compromised", "unspecified"});

}  // namespace mkt::wire
