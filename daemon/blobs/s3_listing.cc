#include "daemon/blobs/s3_listing.h"

#include <algorithm>
#include <optional>

#include "common/base/text.h"
#include "daemon/blobs/xml.h"

namespace mkt {
namespace {

std::optional<S3Object> read_s3_object(const XmlElement& contents) {
  const auto size = parse_whole<std::uint64_t>(contents.child_text("Size"));
  const auto modified = parse_utc(contents.child_text("LastModified"));
  std::string name(contents.child_text("Key"));
  if (!size || !modified || name.empty()) return std::nullopt;
  return S3Object{std::move(name), *size, *modified};
}

std::optional<S3Page> read_s3_page(const XmlElement& root) {
  const std::string_view truncated = root.child_text("IsTruncated");
  if (root.name != "ListBucketResult" || (truncated != "true" && truncated != "false")) {
    return std::nullopt;
  }
  S3Page page;
  page.more = truncated == "true";
  for (const XmlElement& child : root.children) {
    if (child.name != "Contents") continue;
    auto object = read_s3_object(child);
    if (!object) return std::nullopt;
    page.objects.push_back(std::move(*object));
  }
  // Whoever goes on after the last of none, or of the wrong one, would never come to an end.
  const bool sorted =
      std::is_sorted(page.objects.begin(), page.objects.end(),
                     [](const S3Object& a, const S3Object& b) { return a.name < b.name; });
  if (!sorted || (page.more && page.objects.empty())) return std::nullopt;
  return page;
}

}  // namespace

Result<S3Page> parse_s3_listing(std::string_view xml) {
  if (const auto root = parse_xml(xml)) {
    if (auto page = read_s3_page(*root)) return std::move(*page);
  }
  return Error(ErrorCode::storage_failed, "S3's list does not follow its protocol");
}

std::string s3_error_word(std::string_view xml) {
  const auto root = parse_xml(xml);
  if (!root || root->name != "Error") return "";
  return std::string(root->child_text("Code"));
}

}  // namespace mkt
