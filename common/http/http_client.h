// HttpClient: sends one HTTP request after another over a kept connection, by libcurl.
//
// No redirects, no .netrc, http and https only. A body collected in memory is bounded. A connection
// that moves less than kMinBytesPerSecond for kStallSeconds is given up. Errors name the other side
// by scheme, host and port only, as the rest of a URL may be a secret. libcurl signs a request for
// S3, where its `aws` says by what. Use from one thread.
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
  std::vector<std::string> headers;  // "Name: value"; without a Content-Type the body is JSON
  // The body: a text, or `size` bytes of an open file from `offset`.
  std::optional<std::string> body;
  struct File {
    int fd;
    std::uint64_t size;
    std::uint64_t offset = 0;
  };
  std::optional<File> file;
  // Replaces the client's own timeout.
  std::optional<std::chrono::milliseconds> timeout = std::nullopt;
  bool keep_headers = false;  // of the response
  // Signs the request with AWS Signature Version 4. The query must be sorted by name, and the
  // headers must have "x-amz-content-sha256". What it points to must outlive the call.
  struct AwsKey {
    std::string region;
    std::string service;
    std::string id;
    std::string secret;
  };
  const AwsKey* aws = nullptr;
};

struct HttpResponse {
  int status = 0;
  std::string body;                                 // empty where a sink took it
  std::map<std::string, std::string> headers;       // by name in lower case, where kept
  std::optional<std::chrono::seconds> retry_after;  // from now, where the response has one
};

// How long a client waits for the other side.
struct HttpPatience {
  std::chrono::milliseconds connect{10'000};
  // For the first byte of the response, after the last byte of the request moved; nullopt: no
  // longer than the stall rule waits. libcurl looks about once a second.
  std::optional<std::chrono::milliseconds> first_byte = std::nullopt;
};

class HttpClient {
 public:
  // Takes the body of a successful response, instead of memory.
  using Sink = std::function<Status(std::span<const std::uint8_t>)>;
  // Bytes moved and expected, of the body being sent or received.
  using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

  // A `timeout` of 0 means none but the stall rule. Errors call the other side `peer`.
  explicit HttpClient(std::chrono::milliseconds timeout, std::string peer = "the registry")
      : timeout_(timeout), peer_(std::move(peer)) {}
  ~HttpClient();
  HttpClient(HttpClient&& other) noexcept
      : timeout_(other.timeout_),
        peer_(std::move(other.peer_)),
        patience_(other.patience_),
        ca_file_(std::move(other.ca_file_)),
        abort_when_(std::move(other.abort_when_)),
        handle_(std::exchange(other.handle_, nullptr)) {}
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // PEM, of the authorities that may sign the other side's certificate; empty for the system's.
  void set_ca_file(std::string file) { ca_file_ = std::move(file); }
  void set_patience(const HttpPatience& patience) { patience_ = patience; }

  // `ask` is called about once a second during a transfer. When it returns true, the transfer ends
  // with registry_unavailable.
  void abort_when(std::function<bool()> ask) { abort_when_ = std::move(ask); }

  // registry_unavailable, timed_out, or the sink's error. A response of any status is a success
  // here. The sink is only called for statuses 200 to 299.
  Result<HttpResponse> send(const HttpRequest& request, const Sink& sink = {},
                            const Progress& progress = {});

 private:
  std::chrono::milliseconds timeout_;
  std::string peer_;
  HttpPatience patience_;
  std::string ca_file_;
  std::function<bool()> abort_when_;
  void* handle_ = nullptr;  // CURL*, made at the first request
};

}  // namespace mkt
