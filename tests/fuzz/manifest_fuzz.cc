// Manifests: whatever the bytes, a manifest or an error; what was read is valid.
#include <cstdlib>

#include "common/base/encoding.h"
#include "common/connector/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto manifest = mkt::Manifest::parse(mkt::as_text({data, size}));
  if (manifest && !mkt::is_valid_name(manifest->id().text())) std::abort();
  return 0;
}
