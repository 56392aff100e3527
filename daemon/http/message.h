// Request and Response, as handlers see them, without anything of the server's library.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/result.h"
#include "daemon/http/request_head.h"
#include "daemon/service/marketplace.h"
#include "daemon/views/change_clock.h"

namespace mkt {

// The body of a request, read from the connection.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  virtual std::uint64_t length() const = 0;
  // Reads up to into.size() bytes; 0 after `length` bytes. body_incomplete when the client stops
  // early.
  virtual Result<std::size_t> read(std::span<std::uint8_t> into) = 0;
  // Call it before reading: the body will only be compared with an earlier one and dropped. Then it
  // takes no upload slot.
  virtual void only_compare() {}
};

struct Request {
  const RequestHead& head;
  BodyReader& body;
  Caller caller;
  std::map<std::string, std::string, std::less<>> path_parameters;  // by the name in the route
  std::string_view route = {};                                      // the pattern that matched
  // Added to the answer, whether it is a success or not.
  std::vector<std::pair<std::string, std::string>> answer_headers = {};

  const std::string& path_parameter(std::string_view name) const {
    return path_parameters.find(name)->second;
  }
};

// A part of an open file, sent after the headers.
struct FileBody {
  UniqueFd file;
  std::uint64_t offset = 0;  // bytes
  std::uint64_t length = 0;  // bytes
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type;
  std::string body;
  std::shared_ptr<const std::string> shared_body;  // instead of `body`, where kept elsewhere
  std::optional<FileBody> file;
  // Called after the whole answer was sent; not called where the client went away before.
  std::function<void()> when_sent;
  // The answer is the same for everybody and may be sent again while this holds.
  std::optional<Freshness> same_while;
};

Response json_response(int status, const Json& json);

// An answer that may be cached, with an ETag; or 304, where the request already has that ETag. Take
// the freshness before reading the data for the body.
Response kept_response(const Request& request, const Freshness& same_while,
                       std::string content_type, std::string body);

// Makes it an answer for this caller alone: it is not sent again, and no cache on the way gives it
// to anybody else.
void keep_from_others(Response& response);

// Reads the whole body. Above `limit` bytes it refuses before reading any: body_too_large.
Result<std::string> read_body(BodyReader& body, std::uint64_t limit);
// The same, as JSON.
Result<Json> read_json_body(Request& request, std::uint64_t limit);

}  // namespace mkt
