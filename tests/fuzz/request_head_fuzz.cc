// Request heads: nothing that was accepted holds what a second reader could see as another request.
#include <cstdlib>

#include "common/base/encoding.h"
#include "daemon/http/request_head.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto head = mkt::RequestHead::parse(mkt::as_text({data, size}));
  if (!head) return 0;
  if (!head->path.starts_with('/') || head->path.find("/../") != std::string::npos) std::abort();
  for (const auto& [name, value] : head->headers) {
    if (value.find_first_of("\r\n") != std::string::npos || name.empty()) std::abort();
    if (name == "transfer-encoding") std::abort();
  }
  return 0;
}
