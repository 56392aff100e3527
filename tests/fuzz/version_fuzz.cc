// Versions and ranges: what was read writes the same again, and precedes itself nowhere.
#include <cstdlib>

#include "common/base/encoding.h"
#include "common/connector/version.h"
#include "common/connector/version_range.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = mkt::as_text({data, size});
  const auto version = mkt::Version::parse(text);
  const auto range = mkt::VersionRange::parse(text);
  if (!version) return 0;
  if (version->text() != text) std::abort();
  const auto again = mkt::Version::parse(version->text());
  if (!again || mkt::compare_precedence(*again, *version) != std::strong_ordering::equal) {
    std::abort();
  }
  if (range) (void)range->contains(*version);
  return 0;
}
