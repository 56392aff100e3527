#include "daemon/blobs/s3_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/base/turns.h"
#include "common/base/url.h"
#include "common/base/utf8.h"
#include "common/http/http_date.h"
#include "daemon/blobs/xml.h"

namespace mkt {
namespace {

using std::chrono::milliseconds;

// The SHA-256 of no bytes: what a request without a body is signed with.
constexpr const char* kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
// Connections that wait for the next call.
constexpr std::size_t kMostIdle = 16;
// A longer pause would hold the caller's thread: the caller is told instead.
constexpr milliseconds kLongestPause{2000};
constexpr milliseconds kComeBackAfter{1000};

BreakerOptions s3_breaker(const S3Options& options) {
  BreakerOptions breaker;
  breaker.open_for = options.open_for;
  breaker.longest_open = options.longest_open;
  breaker.jitter = 0.1;
  breaker.lease = S3Client::kCallTime;
  breaker.successes = 1;
  return breaker;
}

RetryPolicy s3_policy(const S3Options& options) {
  RetryPolicy policy;
  policy.backoff = options.backoff;
  policy.stop = options.stop;
  policy.longest_hint = kLongestPause;
  // Who has waited in vain once has waited enough, and so has the thread.
  policy.may_retry = [](const Error& error) {
    return is_transient(error) && error.code != ErrorCode::circuit_open &&
           error.code != ErrorCode::timed_out;
  };
  return policy;
}

// What an answer other than 2xx means. Below 500 are those that say nothing against S3's health:
// the breaker goes by that.
Error s3_error(const HttpResponse& response) {
  const std::string word = s3_error_word(response.body);
  ErrorCode code = ErrorCode::forbidden;
  if (response.status == 404 && word != "NoSuchBucket") code = ErrorCode::not_found;
  if (response.status / 100 == 5 || response.status == 408 || word == "RequestTimeout") {
    code = ErrorCode::registry_unavailable;
  }
  if (response.status == 503 || response.status == 429) code = ErrorCode::overloaded;
  Error error(code, fmt::format("S3 answers HTTP {}{}{}", response.status, word.empty() ? "" : " ",
                                printable(word)));
  error.retry_after = response.retry_after;
  return error;
}

HttpRequest request_for(const char* method, std::string url,
                        std::string_view body_hash = kEmptyHash) {
  HttpRequest request;
  request.method = method;
  request.url = std::move(url);
  request.headers = {fmt::format("x-amz-content-sha256: {}", body_hash)};
  return request;
}

std::string header_of(const HttpResponse& response, const char* name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? "" : found->second;
}

}  // namespace

S3Client::S3Client(S3Url url, S3Credentials credentials, S3Options options,
                   BreakerRegistry& breakers)
    : url_(std::move(url)),
      key_{url_.region, "s3", std::move(credentials.access_key), std::move(credentials.secret_key)},
      session_token_(std::move(credentials.session_token)),
      options_(std::move(options)),
      executor_(breakers.get("s3", s3_breaker(options_)), s3_policy(options_)) {}

std::unique_ptr<HttpClient> S3Client::take_connection() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto client = std::move(idle_.back());
      idle_.pop_back();
      return client;
    }
  }
  auto client = std::make_unique<HttpClient>(kCallTime, "S3");
  client->set_patience(options_.patience);
  if (options_.stop.stop_possible()) {
    client->abort_when([stop = options_.stop] { return stop.stop_requested(); });
  }
  return client;
}

void S3Client::give_back(std::unique_ptr<HttpClient> client) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(client));
}

Result<HttpResponse> S3Client::attempt(HttpClient& client, HttpRequest request,
                                       const HttpClient::Sink& sink) const {
  if (!session_token_.empty()) {
    request.headers.push_back("x-amz-security-token: " + session_token_);
  }
  request.aws = &key_;
  MKT_TRY(HttpResponse response, client.send(request, sink));
  if (response.status / 100 != 2) return s3_error(response);
  return response;
}

// `bytes` is how much the call moves at most. `make` is asked before each attempt.
Result<HttpResponse> S3Client::call(std::uint64_t bytes, const MakeRequest& make,
                                    const HttpClient::Sink& sink, std::optional<int> attempts) {
  const TurnPause pause;
  RetryPolicy policy = executor_.policy();
  if (attempts) policy.backoff.attempts = *attempts;
  policy.deadline = kCallTime + std::chrono::seconds(bytes / kSlowestStore);
  // The sink's failures and the file's end the call, and say nothing about S3.
  std::optional<Error> ours;
  HttpClient::Sink watched;
  if (sink) {
    watched = [&](std::span<const std::uint8_t> piece) {
      Status taken = sink(piece);
      if (!taken) ours = taken.error();
      return taken;
    };
  }
  auto client = take_connection();
  auto report = executor_.run(
      [&](const Attempt& now) -> Result<HttpResponse> {
        HttpRequest request = make();
        request.timeout = std::max(*now.left, milliseconds(1));  // 0 would mean: any time
        auto response = attempt(*client, std::move(request), watched);
        if (!response && response.error().code == ErrorCode::io_error) ours = response.error();
        if (ours) return HttpResponse{};
        return response;
      },
      policy);
  give_back(std::move(client));
  if (ours) return std::move(*ours);
  if (!report.result) return for_caller(report.result.error());
  return std::move(report.result);
}

Error S3Client::for_caller(const Error& error) const {
  switch (error.code) {
    case ErrorCode::not_found:
      return error;
    case ErrorCode::registry_unavailable:
    case ErrorCode::timed_out:
    case ErrorCode::overloaded:
    case ErrorCode::circuit_open: {
      if (error.code != ErrorCode::circuit_open) {
        log_event(LogLevel::warning, "S3 fails", {{"error", error.message}});
      }
      // A client is told this as it is, and need not learn where the store is.
      Error away(ErrorCode::overloaded, "the registry's store of tarballs cannot be used for now");
      away.retry_after = std::max({kComeBackAfter, executor_.breaker().retry_after(),
                                   error.retry_after.value_or(milliseconds(0))});
      return away;
    }
    default:
      return Error(ErrorCode::storage_failed, fmt::format("the store of tarballs, {}, refuses: {}",
                                                          url_.shown(), error.message));
  }
}

Status S3Client::put(const std::string& name, int fd, std::uint64_t size,
                     const Checksum& checksum) {
  const auto made = call(size, [&] {
    HttpRequest request = request_for("PUT", url_.url_of(name), checksum.hex());
    request.file = HttpRequest::File{fd, size};
    request.headers.emplace_back("Content-Type: application/gzip");
    return request;
  });
  if (!made) return made.error();
  return {};
}

Status S3Client::get(const std::string& name, std::uint64_t size, const HttpClient::Sink& sink) {
  std::uint64_t received = 0;
  const auto wrong_size = [&](std::string_view how) {
    return Error(ErrorCode::data_damaged,
                 fmt::format("the object {} has {} than {} bytes", printable(name), how, size));
  };
  const auto counted = [&](std::span<const std::uint8_t> piece) -> Status {
    if (piece.size() > size - received) return wrong_size("more");
    received += piece.size();
    return sink(piece);
  };
  const auto made = call(
      size,
      [&] {
        HttpRequest request = request_for("GET", url_.url_of(name));
        if (received > 0) request.headers.push_back(fmt::format("Range: bytes={}-", received));
        return request;
      },
      counted);
  if (!made) return made.error();
  if (received < size) return wrong_size("fewer");
  return {};
}

Result<S3Object> S3Client::head(const std::string& name) {
  MKT_TRY(const HttpResponse response, call(0, [&] {
            HttpRequest request = request_for("HEAD", url_.url_of(name));
            request.keep_headers = true;
            return request;
          }));
  const auto size = parse_whole<std::uint64_t>(header_of(response, "content-length"));
  const auto modified = parse_http_date(header_of(response, "last-modified"));
  if (!size || !modified) {
    return for_caller(
        Error(ErrorCode::forbidden, "S3 tells neither the size nor the age of " + printable(name)));
  }
  return S3Object{name, *size, *modified};
}

Status S3Client::remove(const std::string& name) {
  const auto made = call(
      0, [&] { return request_for("DELETE", url_.url_of(name)); }, {}, 1);
  if (!made && made.error().code != ErrorCode::not_found) return made.error();
  return {};
}

Result<S3Page> S3Client::list(const std::string& prefix, const std::string& after) {
  // By name, as the signature wants them.
  std::string url = fmt::format("{}?list-type=2&max-keys={}&prefix={}", url_.url_of(""),
                                options_.most_listed, percent_encode(prefix));
  if (!after.empty()) url += "&start-after=" + percent_encode(after);
  MKT_TRY(const HttpResponse response, call(kMaxXmlBytes, [&] { return request_for("GET", url); }));
  auto page = parse_s3_listing(response.body);
  if (!page) return for_caller(page.error());
  return std::move(*page);
}

}  // namespace mkt
