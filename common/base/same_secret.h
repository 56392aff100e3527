// Compares secrets.
#pragma once

#include <string_view>

namespace mkt {

// Equal, in a time that tells nothing of where they differ (libsodium's sodium_memcmp). It does
// tell whether their lengths are the same.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace mkt
