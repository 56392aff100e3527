#include "daemon/http/request_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "common/base/text.h"
#include "common/base/url.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxMethodBytes = 16;
constexpr std::size_t kMaxLengthDigits = 18;
constexpr std::size_t kMaxParameters = 32;

// If one of these fields were repeated, two readers could see two different requests.
constexpr auto kOnceOnly = std::to_array<std::string_view>(
    {"authorization", "content-encoding", "content-length", "content-type", "expect", "host",
     "idempotency-key", "mkt-signature", "origin", "range", "transfer-encoding", "x-api-key",
     "x-idempotency-key"});

Error bad(std::string message) { return Error(ErrorCode::invalid_request, std::move(message)); }

bool is_token_character(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

// The path, decoded. The target is printable ASCII.
Result<std::string> decoded_path(std::string_view raw) {
  if (raw.find('%') == std::string_view::npos) return std::string(raw);
  // An encoded dot or percent sign is a second spelling of a path, which is refused.
  const std::string folded = lower_case(raw);
  for (std::string_view twin : {"%2e", "%5c", "%25"}) {
    if (folded.find(twin) != std::string::npos) {
      return bad("the path holds an encoded dot, backslash or percent sign");
    }
  }
  // An encoded slash is part of a name, such as a key's alias. It stays encoded, and the router
  // decodes it in parameters; no other '%' is left in a path.
  std::string kept(raw);
  for (std::size_t at = folded.find("%2f"); at != std::string::npos; at = folded.find("%2f", at)) {
    kept.replace(kept.size() - (folded.size() - at), 3, "%252F");
    at += 3;
  }
  auto path = percent_decode(kept);
  if (!path || !is_valid_utf8(*path) || has_control_characters(*path)) {
    return bad("the path is not valid percent-encoded UTF-8");
  }
  return std::move(*path);
}

Result<std::string> parse_path(std::string_view raw) {
  MKT_TRY(std::string path, decoded_path(raw));
  for (std::size_t start = 1; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view segment = std::string_view(path).substr(start, end - start);
    const bool is_last = end == path.size();
    if ((segment.empty() && !is_last) || segment == "." || segment == "..") {
      return bad("the path has an empty or a dot segment");
    }
    start = end + 1;
  }
  return path;
}

Status parse_query(std::string_view raw, RequestHead& head) {
  while (!raw.empty()) {
    const std::size_t end = std::min(raw.find('&'), raw.size());
    const std::string_view pair = raw.substr(0, end);
    raw.remove_prefix(std::min(end + 1, raw.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), Plus::is_space);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), Plus::is_space);
    if (!name || !value || !is_valid_utf8(*name) || !is_valid_utf8(*value) ||
        value->find('\0') != std::string::npos) {
      return bad("the query is not valid percent-encoded UTF-8");
    }
    if (head.query.size() == kMaxParameters) return bad("the query has too many parameters");
    head.query.emplace_back(std::move(*name), std::move(*value));
  }
  return {};
}

Status parse_request_line(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) return bad("the request line is malformed");
  head.method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!is_token(head.method) || head.method.size() > kMaxMethodBytes) {
    return bad("the method is malformed");
  }
  if (!target.starts_with('/')) return bad("the request target must be a path");
  if (version == "HTTP/1.0") {
    head.keep_alive = false;
  } else if (version != "HTTP/1.1") {
    return Error(ErrorCode::http_version_unsupported, "only HTTP/1.1 is spoken here");
  }
  if (target.size() > kMaxTargetBytes) {
    return Error(ErrorCode::uri_too_long,
                 fmt::format("the URL has {} bytes; at most {} are allowed", target.size(),
                             kMaxTargetBytes));
  }
  const bool plain = std::all_of(target.begin(), target.end(),
                                 [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
  if (!plain) return bad("the request target holds characters that must be percent-encoded");
  const std::size_t mark = std::min(target.find('?'), target.size());
  MKT_TRY(head.path, parse_path(target.substr(0, mark)));
  return parse_query(target.substr(std::min(mark + 1, target.size())), head);
}

Status parse_field(std::string_view line, RequestHead& head) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return bad("a header field is malformed");
  }
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) {
    value.remove_prefix(1);
  }
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  for (char c : value) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) {
      return bad("a header field holds a control character");
    }
  }
  if (head.headers.size() == kMaxHeaderFields) {
    return Error(ErrorCode::headers_too_large,
                 fmt::format("at most {} header fields are allowed", kMaxHeaderFields));
  }
  std::string name = lower_case(line.substr(0, colon));
  const bool seen = std::any_of(head.headers.begin(), head.headers.end(),
                                [&](const auto& field) { return field.first == name; });
  if (seen && std::find(kOnceOnly.begin(), kOnceOnly.end(), name) != kOnceOnly.end()) {
    return bad(fmt::format("the header field {} appears twice", name));
  }
  head.headers.emplace_back(std::move(name), std::string(value));
  return {};
}

bool has_field(const RequestHead& head, std::string_view lower_case_name) {
  return std::any_of(head.headers.begin(), head.headers.end(),
                     [&](const auto& field) { return field.first == lower_case_name; });
}

// RFC 9112 section 3.2: a name or an address, and a port of digits; or nothing.
bool is_host(std::string_view value) {
  const auto all = [](std::string_view text, std::string_view more) {
    return std::all_of(text.begin(), text.end(), [more](char c) {
      return (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
    });
  };
  std::size_t end = 0;  // of the host
  if (value.starts_with('[')) {
    end = value.find(']');
    if (end == std::string_view::npos) return false;
    if (!all(value.substr(1, end - 1), "abcdefABCDEF:.")) return false;
    ++end;
  } else {
    end = std::min(value.find(':'), value.size());
    const std::string_view name = value.substr(0, end);
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view("-._~!$&'()*+,;=%").find(c) != std::string_view::npos;
    });
    if (!plain) return false;
  }
  const std::string_view port = value.substr(end);
  return port.empty() || (port.front() == ':' && all(port.substr(1), ""));
}

Status interpret(RequestHead& head, bool http_1_0) {
  if (!http_1_0 && head.header("host").empty()) return bad("the header field Host is missing");
  if (!is_host(head.header("host"))) return bad("the header field Host is malformed");
  // One reader would ignore an empty field, another would take it for a length.
  const bool has_length = has_field(head, "content-length");
  if (has_field(head, "transfer-encoding")) {
    if (has_length) {
      return bad("Content-Length and Transfer-Encoding exclude each other");
    }
    return Error(ErrorCode::not_implemented,
                 "bodies need a Content-Length here; Transfer-Encoding is not supported");
  }
  if (has_length) {
    const std::string_view digits = head.header("content-length");
    std::uint64_t length = 0;
    const bool all_digits =
        !digits.empty() &&
        std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!all_digits || digits.size() > kMaxLengthDigits) return bad("Content-Length is malformed");
    std::from_chars(digits.data(), digits.data() + digits.size(), length);
    head.content_length = length;
  }
  const std::string encoding = lower_case(head.header("content-encoding"));
  if (!encoding.empty() && encoding != "identity") {
    return Error(ErrorCode::unsupported_media_type, "encoded bodies are not supported here");
  }
  const std::string connection = lower_case(head.header("connection"));
  if (connection.find("close") != std::string::npos) head.keep_alive = false;
  if (http_1_0 && connection.find("keep-alive") != std::string::npos) head.keep_alive = true;
  head.expects_continue = !http_1_0 && lower_case(head.header("expect")) == "100-continue";
  return {};
}

}  // namespace

Result<RequestHead> RequestHead::parse(std::string_view text) {
  RequestHead head;
  bool first = true;
  bool http_1_0 = false;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    if (end == std::string_view::npos) return bad("a line does not end with CRLF");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    if (line.find_first_of("\r\n") != std::string_view::npos) {
      return bad("a line does not end with CRLF");
    }
    if (first) {
      MKT_CHECK(parse_request_line(line, head));
      http_1_0 = line.ends_with("HTTP/1.0");
      first = false;
    } else if (!line.empty()) {
      MKT_CHECK(parse_field(line, head));
    }
  }
  MKT_CHECK(interpret(head, http_1_0));
  return head;
}

std::string_view RequestHead::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

std::optional<std::string_view> RequestHead::parameter(std::string_view name) const {
  for (const auto& [n, value] : query) {
    if (n == name) return value;
  }
  return std::nullopt;
}

bool accepts(const RequestHead& head, std::string_view type) {
  const auto take = [](std::string_view& list, char separator) {
    const std::string_view part = list.substr(0, list.find(separator));
    list.remove_prefix(std::min(part.size() + 1, list.size()));
    return trim(part);
  };
  std::string_view ranges = head.header("accept");
  while (!ranges.empty()) {
    std::string_view range = take(ranges, ',');
    if (lower_case(take(range, ';')) != type) continue;
    bool is_wanted = true;
    while (!range.empty()) {
      const std::string parameter = lower_case(take(range, ';'));
      // 0, 0., 0.0, 0.00 and 0.000
      const bool is_weight = parameter.starts_with("q=0");
      if (is_weight && parameter.find_first_not_of("0.", 2) == std::string::npos) is_wanted = false;
    }
    return is_wanted;
  }
  return false;
}

std::optional<TraceContext> trace_of(const RequestHead& head) {
  const std::string_view traceparent = head.header("traceparent");
  if (traceparent.empty()) return std::nullopt;
  std::string state;
  int parents = 0;
  for (const auto& [name, value] : head.headers) {
    if (name == "traceparent") ++parents;
    if (name == "tracestate") state += (state.empty() ? "" : ",") + value;
  }
  // Two of them name no trace. tracestate is a list, which may come in several fields.
  return parents == 1 ? TraceContext::parse(traceparent, state) : std::nullopt;
}

bool is_earlier_mkt(const RequestHead& head) {
  return head.header("user-agent").starts_with("mkt/0.1.");
}

}  // namespace mkt
