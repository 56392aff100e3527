// A request's body of no bytes.
#pragma once

#include "daemon/http/message.h"

namespace mkt {

struct NoBody : BodyReader {
  std::uint64_t length() const override { return 0; }
  Result<std::size_t> read(std::span<std::uint8_t>) override { return std::size_t{0}; }
};

}  // namespace mkt
