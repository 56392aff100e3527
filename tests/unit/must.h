// must: the value that a test goes on with. Where there is none the test ends, saying why.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>

#include "common/base/result.h"

namespace mkt {

template <typename T>
T must(Result<T> result) {
  const std::string why = result ? std::string() : result.error().message;
  REQUIRE_MESSAGE(result, why);
  return std::move(*result);
}

// That is there, of what may be.
template <typename T>
T must(Result<std::optional<T>> result) {
  const std::string why = result ? "there is none" : result.error().message;
  REQUIRE_MESSAGE((result && result->has_value()), why);
  return std::move(**result);
}

}  // namespace mkt
