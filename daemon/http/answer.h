// Answer: a response in the form that is sent over the connection, and the function that makes its
// head.
//
// cpp-httplib writes the status line and the fields; the body is never copied through it. The date
// and the request's id are added when the answer is sent, so one answer can be sent several times.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/http/cors.h"
#include "daemon/http/message.h"

namespace mkt {

struct Answer {
  int status = 200;
  // The status line and fields, each with its CRLF, without the empty line.
  std::string head;
  std::shared_ptr<const std::string> body;  // may be null
  std::optional<FileBody> file;             // after the body

  std::uint64_t length() const { return (body ? body->size() : 0) + (file ? file->length : 0); }
};

struct AnswerOptions {
  bool head_only = false;    // for HEAD: the fields, but neither body nor file
  bool close_after = false;  // the connection ends with it, and says so
};
// Thread-safe.
Answer make_answer(Response response, AnswerOptions options = {});

// The end of a head: "Date: …\r\nX-Request-Id: …\r\n\r\n", with the fields of `cors`. Thread-safe.
std::string head_end(std::string_view request_id, const Cors& cors);

}  // namespace mkt
