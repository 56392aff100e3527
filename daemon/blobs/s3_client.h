// S3Client: the objects of one bucket, by the five calls of S3's REST API that tarballs need.
//
// libcurl signs each request (AWS Signature Version 4) with the SHA-256 of its body, so S3 stores
// nothing but what was meant. It connects within 2 s, and the answer begins within 10 s. A call,
// with all its attempts, takes at most kCallTime and the time of its bytes at kSlowestStore. What
// may pass (no connection, one that broke, 5xx, SlowDown) is tried again after a pause; what took
// too long is not; a DELETE never is, as its object may have been placed again meanwhile. Behind
// the breaker `s3` a call fails at once while S3 is known to be away. Every call may be repeated,
// as an object's name decides its bytes.
//
// Errors:
//   not_found        there is no such object
//   overloaded       S3 is away, slow or overloaded; with retry_after
//   storage_failed   S3 refuses: wrong credentials, no such bucket, not its protocol
//   data_damaged     of `get`: the object has another size than it should
//   and of `get` the sink's own, of `put` the file's
// None shows a key. Thread-safe: each call has a connection to itself, which is kept for a later
// one. Reference: docs.aws.amazon.com/AmazonS3/latest/API.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/connector/checksum.h"
#include "common/http/http_client.h"
#include "common/reliability/breaker_registry.h"
#include "common/reliability/resilient_executor.h"
#include "daemon/blobs/s3_credentials.h"
#include "daemon/blobs/s3_listing.h"
#include "daemon/blobs/s3_url.h"

namespace mkt {

struct S3Options {
  HttpPatience patience{std::chrono::seconds(2), std::chrono::seconds(10)};
  Backoff backoff = Backoff::fast();
  std::chrono::milliseconds open_for{2000};  // of the breaker, at first
  std::chrono::milliseconds longest_open{30'000};
  std::size_t most_listed = 1000;  // in a page; S3 gives no more
  std::stop_token stop = {};       // ends the calls in progress
};

class S3Client {
 public:
  static constexpr std::chrono::seconds kCallTime{30};
  static constexpr std::uint64_t kSlowestStore = 256 * 1024;  // bytes a second

  S3Client(S3Url url, S3Credentials credentials, S3Options options = {},
           BreakerRegistry& breakers = process_breakers());

  const S3Url& url() const { return url_; }

  // The first `size` bytes of the file, whose checksum that is, become the object, also where it
  // exists.
  Status put(const std::string& name, int fd, std::uint64_t size, const Checksum& checksum);
  // Gives the sink the object's bytes, of which there must be `size`. After a connection that broke
  // it goes on with the byte that is missing.
  Status get(const std::string& name, std::uint64_t size, const HttpClient::Sink& sink);
  Result<S3Object> head(const std::string& name);
  // A success also where there is no such object.
  Status remove(const std::string& name);
  // The objects whose names begin so and come after that one ("": from the first).
  Result<S3Page> list(const std::string& prefix, const std::string& after);

 private:
  using MakeRequest = std::function<HttpRequest()>;
  Result<HttpResponse> call(std::uint64_t bytes, const MakeRequest& make,
                            const HttpClient::Sink& sink = {}, std::optional<int> attempts = {});
  Result<HttpResponse> attempt(HttpClient& client, HttpRequest request,
                               const HttpClient::Sink& sink) const;
  Error for_caller(const Error& error) const;

  std::unique_ptr<HttpClient> take_connection();
  void give_back(std::unique_ptr<HttpClient> client);

  const S3Url url_;
  const HttpRequest::AwsKey key_;
  const std::string session_token_;
  const S3Options options_;
  const ResilientExecutor executor_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<HttpClient>> idle_;  // guarded by mutex_
};

}  // namespace mkt
