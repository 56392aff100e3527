#include "common/wire/messages.h"

#include <fmt/format.h>

#include "common/wire/message_functions.h"
#include "common/wire/words.h"

namespace mkt::wire {
template <typename Visitor>
void TokenInfo::members(Visitor& m) {
  m.always("id", &TokenInfo::id);
  m.usually("name", &TokenInfo::name);
  m.always("role", &TokenInfo::role, one_of(kRoles));
  m.or_null("subject", &TokenInfo::subject,
            Shape().saying("The publisher or the tenant that the token acts for."));
  m.usually("createdAt", &TokenInfo::created_at, kTime);
  m.or_null("expiresAt", &TokenInfo::expires_at, kTime);
  m.or_null("lastUsedAt", &TokenInfo::last_used_at, kTime);
  m.usually("readOnly", &TokenInfo::read_only);
  m.usually("connectors", &TokenInfo::connectors,
            Shape().saying("Patterns of the connectors that it is for; none: all."));
  m.usually("from", &TokenInfo::from,
            Shape().saying("Address ranges that it may come from; none: all."));
  m.if_any("token", &TokenInfo::token, Shape().saying("The secret, shown this once."));
}

template <typename Visitor>
void TokenListing::members(Visitor& m) {
  m.always("tokens", &TokenListing::tokens);
}

template <typename Visitor>
void LogInfo::members(Visitor& m) {
  m.always("sequence", &LogInfo::sequence);
  m.always("at", &LogInfo::at, kTime);
  m.always("actor", &LogInfo::actor);
  m.usually("address", &LogInfo::address);
  m.usually("requestId", &LogInfo::request_id);
  m.always("action", &LogInfo::action);
  m.always("subject", &LogInfo::subject);
  m.usually("detail", &LogInfo::detail, Shape().saying("The document as a sentence."));
  m.usually("document", &LogInfo::document, Shape().saying("Ids and values of the change."));
}

template <typename Visitor>
void LogListing::members(Visitor& m) {
  m.always("entries", &LogListing::entries);
  m.usually("hasMore", &LogListing::has_more);
}

template <typename Visitor>
void ErrorDetailInfo::members(Visitor& m) {
  m.always("path", &ErrorDetailInfo::path);
  m.always("message", &ErrorDetailInfo::message);
}

template <typename Visitor>
void ErrorInfo::members(Visitor& m) {
  m.if_any("success", &ErrorInfo::success);
  m.always("error", &ErrorInfo::error,
           Shape().saying("The title of the older protocol, or the message again."));
  m.always("code", &ErrorInfo::code, Shape{.pattern = "^[a-z_]+$"});
  m.always("message", &ErrorInfo::message);
  m.if_any("details", &ErrorInfo::details);
  m.if_any("id", &ErrorInfo::id);
  m.if_any("version", &ErrorInfo::version);
  m.if_any("maxSize", &ErrorInfo::max_size, Shape().saying("Bytes."));
  m.if_any("actualSize", &ErrorInfo::actual_size, Shape().saying("Bytes."));
  m.if_any("retryAfter", &ErrorInfo::retry_after, Shape().saying("Seconds."));
  m.always("requestId", &ErrorInfo::request_id);
}

MKT_MESSAGE_FUNCTIONS(TokenInfo)
MKT_MESSAGE_FUNCTIONS(TokenListing)
MKT_MESSAGE_FUNCTIONS(LogInfo)
MKT_MESSAGE_FUNCTIONS(LogListing)
MKT_MESSAGE_FUNCTIONS(ErrorDetailInfo)
MKT_MESSAGE_FUNCTIONS(ErrorInfo)

Error parse_error(int http_status, std::string_view body) {
  const auto json = parse_json(body, "the answer");
  const auto message = json ? text_member(*json, "message") : std::nullopt;
  if (!message) {
    return Error(error_code_for_http_status(http_status),
                 fmt::format("the registry answered with HTTP status {}", http_status));
  }
  const auto code = parse_error_code(text_member(*json, "code").value_or(""));
  Error error(code.value_or(error_code_for_http_status(http_status)), *message);
  if (const auto it = json->find("details"); it != json->end() && it->is_array()) {
    for (const Json& d : *it) {
      error.details.push_back(
          {text_member(d, "path").value_or(""), text_member(d, "message").value_or("")});
    }
  }
  return error;
}

}  // namespace mkt::wire
