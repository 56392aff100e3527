#include "daemon/blobs/s3_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "common/base/text.h"
#include "common/base/url.h"

namespace mkt {
namespace {

// From S3's "Bucket naming rules".
constexpr std::size_t kMinBucketName = 3;
constexpr std::size_t kMaxBucketName = 63;
// A key has at most 1024 bytes, and ours add less than 100 to the prefix.
constexpr std::size_t kMaxPrefix = 512;
constexpr std::size_t kMaxRegion = 64;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || is_ascii_digit(c); }

bool is_bucket_name(std::string_view name) {
  return name.size() >= kMinBucketName && name.size() <= kMaxBucketName &&
         is_lower_or_digit(name.front()) && is_lower_or_digit(name.back()) &&
         name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; });
}

// One part of a path that stands in a URL as it is, and that nothing takes for a step.
bool is_plain_segment(std::string_view segment) {
  return !segment.empty() && segment != "." && segment != ".." &&
         std::all_of(segment.begin(), segment.end(), [](char c) {
           return is_ascii_letter(c) || is_ascii_digit(c) || c == '-' || c == '.' || c == '_';
         });
}

bool is_prefix(std::string_view prefix) {
  if (prefix.size() > kMaxPrefix) return false;
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(prefix.find('/', begin), prefix.size());
    if (!is_plain_segment(prefix.substr(begin, end - begin))) return false;
    if (end == prefix.size()) return true;
    begin = end + 1;
  }
}

// A name, an IPv4 address, or an IPv6 address in brackets; and maybe a port.
bool is_authority(std::string_view text) {
  std::string_view host = text;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    host = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    if (!std::all_of(host.begin(), host.end(),
                     [](char c) { return hex_digit(c) >= 0 || c == ':' || c == '.'; })) {
      return false;
    }
  } else {
    host = text.substr(0, text.find(':'));
    text.remove_prefix(host.size());
    if (!is_plain_segment(host)) return false;
  }
  if (host.empty()) return false;
  if (text.empty()) return true;
  const auto port = text.front() == ':' ? parse_whole<std::uint16_t>(text.substr(1)) : std::nullopt;
  return port && *port > 0;
}

std::optional<std::string> read_endpoint(std::string_view text) {
  if (text.ends_with('/')) text.remove_suffix(1);
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.starts_with(scheme) && is_authority(text.substr(scheme.size()))) {
      return std::string(text);
    }
  }
  return std::nullopt;
}

bool read_query(std::string_view query, S3Url& url) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return false;
    const auto value = percent_decode(pair.substr(equals + 1));
    if (!value) return false;
    if (pair.substr(0, equals) == "endpoint") {
      const auto endpoint = read_endpoint(*value);
      if (!endpoint || !url.endpoint.empty()) return false;
      url.endpoint = *endpoint;
    } else if (pair.substr(0, equals) == "region") {
      if (!is_plain_segment(*value) || value->size() > kMaxRegion) return false;
      url.region = *value;
    } else {
      return false;
    }
  }
  return !url.endpoint.empty();
}

std::optional<S3Url> read_s3_url(std::string_view text) {
  constexpr std::string_view kScheme = "s3://";
  if (!text.starts_with(kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());
  const std::size_t question = text.find('?');
  if (question == std::string_view::npos) return std::nullopt;
  S3Url url;
  if (!read_query(text.substr(question + 1), url)) return std::nullopt;
  std::string_view path = text.substr(0, question);
  if (path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.find('/');
  url.bucket = path.substr(0, slash);
  if (!is_bucket_name(url.bucket)) return std::nullopt;
  if (slash != std::string_view::npos) {
    url.prefix = path.substr(slash + 1);
    if (!is_prefix(url.prefix)) return std::nullopt;
  }
  return url;
}

}  // namespace

Result<S3Url> S3Url::parse(std::string_view text) {
  if (auto url = read_s3_url(text)) return std::move(*url);
  return Error(ErrorCode::usage_error,
               "the place of the tarballs is not of the form "
               "s3://BUCKET[/PREFIX]?endpoint=http(s)://HOST[:PORT][&region=REGION]; user and "
               "password do not belong there");
}

std::string S3Url::shown() const {
  return fmt::format("s3://{}{}{} at {}", bucket, prefix.empty() ? "" : "/", prefix, endpoint);
}

std::string S3Url::url_of(std::string_view object) const {
  if (object.empty()) return fmt::format("{}/{}", endpoint, bucket);
  return fmt::format("{}/{}/{}", endpoint, bucket, object);
}

}  // namespace mkt
