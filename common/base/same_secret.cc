#include "common/base/same_secret.h"

#include <sodium.h>

namespace mkt {

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace mkt
