// License expressions against SPDX 2.3, annex D.
#include "common/connector/spdx.h"

#include <doctest/doctest.h>

#include <string>

namespace mkt {
namespace {

TEST_CASE("expressions of the SPDX grammar are taken") {
  for (const char* text :
       {"MIT", "Apache-2.0", "GPL-2.0+", "LGPL-2.1-only OR MIT", "(MIT AND BSD-3-Clause) OR ISC",
        "GPL-2.0-or-later WITH Classpath-exception-2.0", "LicenseRef-Acme", "((MIT))",
        "DocumentRef-spdx-tool-1.2:LicenseRef-MIT-Style-2", "LicenseRef-a OR (MIT AND ISC)"}) {
    CAPTURE(std::string(text));
    CHECK(is_spdx_expression(text));
  }
}

TEST_CASE("what is not of the grammar is refused") {
  for (const char* text :
       {"", " ", "Apache 2.0", "MIT OR", "OR MIT", "MIT MIT", "(MIT", "MIT)", "()", "MIT WITH",
        "MIT/ISC", "see LICENSE", "GPL-2.0 +", "MIT, ISC", "LicenseRef-", "MIT;rm"}) {
    CAPTURE(std::string(text));
    CHECK(!is_spdx_expression(text));
  }
  std::string deep(10'000, '(');
  CHECK(!is_spdx_expression(deep + "MIT" + std::string(10'000, ')')));
}

}  // namespace
}  // namespace mkt
