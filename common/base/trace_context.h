// TraceContext: what W3C's Trace Context, level 1, says of the trace that a request belongs to: the
// header fields `traceparent` and `tracestate`.
//
// The daemon records no spans itself. It names the trace in its log and passes it on, so that the
// caller's tracing finds what came of its request.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mkt {

struct TraceContext {
  std::string trace_id;   // 32 lowercase hexadecimal digits, not all zero
  std::string parent_id;  // 16 of them, not all zero: the caller's span
  bool sampled = false;
  std::string state;  // of other tracing systems, to be passed on as it is; may be empty

  // nullopt where the field is not valid: then there is no trace, and `tracestate` means nothing. A
  // later version of the field is read as far as this one goes. A `tracestate` that is not a list
  // is left out; of one that is long, the end.
  static std::optional<TraceContext> parse(std::string_view traceparent,
                                           std::string_view tracestate = {});

  // The field for a request that is made on behalf of that span: version 00, without flags that
  // level 1 does not know.
  std::string traceparent(std::string_view span_id) const;
};

}  // namespace mkt
