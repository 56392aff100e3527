// HttpClient: one HTTP request after the other over a kept connection, on libcurl.
//
// No redirects, no .netrc, http and https only; answers are bounded where they are collected in
// memory. A connection that moves less than kMinBytesPerSecond for kStallSeconds is given up.
// Errors name the other side by scheme, host and port: the rest of a URL may be a secret. Use from
// one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace mkt {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Name: value"; a body is JSON where none names its type
  // The body: a text, or `size` bytes of an open file from `offset`.
  std::optional<std::string> body;
  struct File {
    int fd;
    std::uint64_t size;
    std::uint64_t offset = 0;
  };
  std::optional<File> file;
  // In the place of the client's own.
  std::optional<std::chrono::milliseconds> timeout = std::nullopt;
  bool keep_headers = false;  // of the answer
};

struct HttpResponse {
  int status = 0;
  std::string body;                                 // empty where a sink took it
  std::map<std::string, std::string> headers;       // by name in lower case, where they were kept
  std::optional<std::chrono::seconds> retry_after;  // from now, where it says so
};

class HttpClient {
 public:
  // What a successful answer's body goes to instead of memory.
  using Sink = std::function<Status(std::span<const std::uint8_t>)>;
  // Bytes moved and expected, of the body sent or received.
  using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

  // `timeout` of 0: none but the stall rule. `peer` is what errors call the other side.
  explicit HttpClient(std::chrono::milliseconds timeout, std::string peer = "the registry")
      : timeout_(timeout), peer_(std::move(peer)) {}
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Asked about once a second during a transfer: one that says true ends it, with
  // registry_unavailable.
  void abort_when(std::function<bool()> ask) { abort_when_ = std::move(ask); }

  // registry_unavailable, timed_out, or the sink's error. An answer of any status is a success
  // here. The sink is only called for answers of status 200 to 299.
  Result<HttpResponse> send(const HttpRequest& request, const Sink& sink = {},
                            const Progress& progress = {});

 private:
  std::chrono::milliseconds timeout_;
  std::string peer_;
  std::function<bool()> abort_when_;
  void* handle_ = nullptr;  // CURL*, made at the first request
};

}  // namespace mkt
