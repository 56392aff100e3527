// The fields of a request: its JSON body as a message of the wire, what its path names, and numbers
// of its query string.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"
#include "common/connector/named_version.h"
#include "daemon/http/message.h"
#include "daemon/http/request_head.h"

namespace mkt {

// Where a body is small: names, reasons, keys, tokens.
inline constexpr std::uint64_t kMaxSmallBodyBytes = 64 * 1024;

// Collects what is wrong with the fields of a body, so that a client is told of all at once.
//
//   Findings wrong;
//   MKT_TRY(const auto body, read_message<wire::NewToken>(request, kMaxSmallBodyBytes, wrong));
//   const auto role = wrong.take("role", role_of(body.role));
//   MKT_CHECK(wrong.status());   // from here on every value is there
class Findings {
 public:
  template <typename T>
  std::optional<T> take(const char* field, Result<T> result) {
    if (result) return std::move(*result);
    add(field, result.error());
    return std::nullopt;
  }
  void add(const std::string& field, const Error& error);
  // What reading the body found. It takes the place of what `add` is told of the same field: a name
  // that is no string is not also no name.
  void read(const std::vector<ErrorDetail>& findings);

  // The one error as it is; of several the first one's code, with a detail for each. What reading
  // found comes last.
  Status status() const;

 private:
  std::vector<Error> errors_;
  std::vector<Error> read_;
};

// The body as a message; what is wrong with its fields is added to `wrong`. body_too_large beyond
// `limit` bytes, invalid_json.
template <typename Message>
Result<Message> read_message(Request& request, std::uint64_t limit, Findings& wrong) {
  MKT_TRY(const Json json, read_json_body(request, limit));
  std::vector<ErrorDetail> findings;
  Message message = Message::read(json, findings);
  wrong.read(findings);
  return message;
}

// The same, where nothing but the message itself can be wrong.
template <typename Message>
Result<Message> read_message(Request& request, std::uint64_t limit) {
  Findings wrong;
  MKT_TRY(Message message, read_message<Message>(request, limit, wrong));
  MKT_CHECK(wrong.status());
  return message;
}

// What the path names, in the places that the routes call "id" and "version".
Result<ConnectorId> connector_in_path(const Request& request);
Result<NamedVersion> version_in_path(const Request& request);

// A number of the query string.
Result<std::uint64_t> number_parameter(const RequestHead& head, std::string_view name,
                                       std::uint64_t otherwise, std::uint64_t least,
                                       std::uint64_t most);

}  // namespace mkt
