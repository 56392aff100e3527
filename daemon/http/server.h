// HttpServer: mktd's front door.
//
// One thread waits in epoll for all idle connections and collects request heads; a complete head
// goes to a worker, which reads it strictly (request_head.h), runs the application and writes the
// answer through cpp-httplib's process_request on a Stream of ours. So a connection costs a thread
// only while its request is being answered, and the library sees nothing but a request line that
// was written by us.
//
// `run` returns after `stop` (any thread, or a signal handler through its descriptor) when what was
// in flight is finished or kDrainTime is over. Bodies are read only as far as the handler asks.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "daemon/http/message.h"

namespace mkt {

// Answers one request; exceptions become 500. Called from many threads at once.
using Application = std::function<Response(const RequestHead& head, BodyReader& body,
                                           const std::string& address,
                                           const std::string& request_id)>;

// What the access log is told of every request.
struct AccessRecord {
  std::string_view request_id;
  std::string_view address;
  std::string_view method;
  std::string_view path;
  int status = 0;
  std::uint64_t request_bytes = 0;
  std::chrono::microseconds duration{0};
};
using AccessLog = std::function<void(const AccessRecord&)>;

class HttpServer {
 public:
  HttpServer(Application application, AccessLog log);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // "HOST:PORT", port 0 for a free one. usage_error for a malformed address or one in use.
  Status listen(std::string_view address);
  // Where it listens, e.g. "http://127.0.0.1:3456"; after listen.
  const std::string& url() const;

  void run();
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mkt
