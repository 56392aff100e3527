#include "cli/import/bundle_signature.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "common/base/encoding.h"
#include "common/base/files.h"

namespace mkt {
namespace {

constexpr std::string_view kSignatureBegin = "MCPB_SIG_V1";
constexpr std::string_view kSignatureEnd = "MCPB_SIG_END";
constexpr std::size_t kLengthBytes = 4;
// A chain of certificates has some kilobytes.
constexpr std::size_t kMaxSignatureBytes = 64 * 1024;
constexpr std::string_view kZipEnd("PK\5\6", 4);

// What else would make two bundles of one file: `mcpb` itself cuts at the last header, whatever
// length that has, and a program that reads zips looks for the last closing record.
Status check_signature(std::string_view signature) {
  if (signature.find(kSignatureBegin) == std::string_view::npos &&
      signature.find(kZipEnd) == std::string_view::npos) {
    return {};
  }
  return Error(ErrorCode::archive_unsafe,
               "the bundle can be read in two ways: its signature holds another bundle's end");
}

}  // namespace

Result<bool> cut_bundle_signature(int fd) {
  MKT_TRY(const std::uint64_t size, file_size(fd, "the bundle"));
  Bytes tail(std::min<std::uint64_t>(size, kMaxSignatureBytes));
  MKT_TRY(const std::size_t n, read_at(fd, tail, size - tail.size(), "the bundle"));
  const std::string_view text = as_text(tail).substr(0, n);
  if (!text.ends_with(kSignatureEnd)) return false;
  // The length says where it begins, for the signature itself may hold any bytes.
  for (std::size_t at = text.find(kSignatureBegin); at != std::string_view::npos;
       at = text.find(kSignatureBegin, at + 1)) {
    const std::size_t fixed = at + kSignatureBegin.size() + kLengthBytes + kSignatureEnd.size();
    if (fixed > text.size()) break;
    std::size_t length = 0;
    for (std::size_t i = kLengthBytes; i-- > 0;) {
      length = length << 8 | tail[at + kSignatureBegin.size() + i];
    }
    if (fixed + length != text.size()) continue;
    MKT_CHECK(check_signature(text.substr(at + kSignatureBegin.size())));
    if (::ftruncate(fd, static_cast<off_t>(size - (text.size() - at))) != 0) {
      return system_error("cannot read the bundle", errno);
    }
    return true;
  }
  return false;
}

}  // namespace mkt
