// RequestHead: the request line and header fields of one HTTP/1.1 request, read strictly.
//
// It accepts the grammar of RFC 9112 and nothing else: CRLF line ends, no folding, no white space
// before a colon, one Host, one Content-Length, no Transfer-Encoding together with it. What we and
// a proxy in front could read in two ways is refused, never repaired. cpp-httplib 0.11.4, which
// writes the answer later, would accept much of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/base/trace_context.h"

namespace mkt {

inline constexpr std::size_t kMaxHeadBytes = 16 * 1024;
inline constexpr std::size_t kMaxHeaderFields = 100;
inline constexpr std::size_t kMaxTargetBytes = 2048;

struct RequestHead {
  std::string method;
  // Percent-decoded, except for an encoded slash, which is kept as "%2F". Starts with '/' and has
  // no dot segments; none is empty but perhaps the last, which the router refuses (router.h).
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;    // decoded, in order
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::optional<std::uint64_t> content_length;
  bool keep_alive = true;
  bool expects_continue = false;
  bool came_by_tls = false;  // of this daemon; a proxy's is not known here

  // `text` is everything up to and including the empty line. The answer to an error has the HTTP
  // status of its code; after an error, the connection must be closed.
  static Result<RequestHead> parse(std::string_view text);

  // The header's value; empty where there is none.
  std::string_view header(std::string_view lower_case_name) const;
  // The parameter's value; nullopt where there is none.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

// Whether Accept names this type itself, not a range that holds it, and not with the weight 0
// (RFC 9110 section 12.5.1). The type in lower case.
bool accepts(const RequestHead& head, std::string_view type);

// The trace that the client says the request belongs to; nullopt where it says nothing valid.
std::optional<TraceContext> trace_of(const RequestHead& head);

// True for an mkt before 0.2, by its User-Agent. For one more release, it gets a connector's
// versions in the form that it knows.
bool is_earlier_mkt(const RequestHead& head);

}  // namespace mkt
