// Signature files: what was read writes the same again.
#include <cstdlib>

#include "common/base/encoding.h"
#include "common/signing/signature_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto signature = mkt::SignatureFile::parse(mkt::as_text({data, size}));
  if (!signature) return 0;
  const std::string text = mkt::dump_json(signature->json());
  const auto again = mkt::SignatureFile::parse(text);
  if (!again || mkt::dump_json(again->json()) != text) std::abort();
  return 0;
}
