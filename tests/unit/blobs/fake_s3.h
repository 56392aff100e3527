// An S3 on loopback that fails as a test wants: what a real one cannot be made to show.
//
// It knows one bucket, "tarballs", and checks no signature: what a real S3 accepts is shown by the
// cases "with S3" (s3_blobs_test.cc).
#pragma once

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/utc_time.h"
#include "daemon/blobs/s3_client.h"

namespace mkt {

class FakeS3 {
 public:
  // What becomes of one request.
  struct Trouble {
    int status = 503;
    std::string word = "SlowDown";
    std::string retry_after = {};  // seconds
    // Instead of a status: the right answer, but the connection breaks after that many bytes.
    std::optional<std::size_t> cut_after = std::nullopt;
  };

  FakeS3() {
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
    };
    server_.Get(".*", handler);  // and HEAD
    server_.Put(".*", handler);
    server_.Delete(".*", handler);
    server_.new_task_queue = [] { return new httplib::ThreadPool(16); };
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~FakeS3() {
    let_go();
    server_.stop();
    thread_.join();
  }

  S3Url url() const {
    return *S3Url::parse(fmt::format("s3://tarballs/acme?endpoint=http://127.0.0.1:{}", port_));
  }

  void store(const std::string& name, std::string bytes) {
    const std::lock_guard lock(mutex_);
    objects_[name] = {std::move(bytes), utc_now()};
  }
  std::optional<std::string> stored(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(name);
    return found == objects_.end() ? std::nullopt : std::optional(found->second.bytes);
  }
  std::size_t objects() const {
    const std::lock_guard lock(mutex_);
    return objects_.size();
  }

  // The next request, before which all earlier troubles come.
  void trouble(Trouble trouble) {
    const std::lock_guard lock(mutex_);
    troubles_.push_back(std::move(trouble));
  }
  // All requests, until that is over.
  void always(std::optional<Trouble> trouble) {
    const std::lock_guard lock(mutex_);
    always_ = std::move(trouble);
  }
  // No request is answered until `let_go`.
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    released_.notify_all();
  }

  // "GET /tarballs/…", in the order in which they came.
  std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> lines;
    for (const httplib::Request& r : requests_) lines.push_back(r.method + " " + r.target);
    return lines;
  }
  // The value of one header in every request; empty where it was missing.
  std::vector<std::string> headers(const char* name) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> values;
    for (const httplib::Request& r : requests_) values.push_back(r.get_header_value(name));
    return values;
  }

 private:
  struct Object {
    std::string bytes;
    UtcTime modified{};
  };

  // As HEAD tells it: in whole seconds.
  static std::string http_date(UtcTime time) {
    const std::time_t seconds = to_unix_ms(time) / 1000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    const std::size_t n =
        std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return std::string(text.data(), n);
  }

  void answer(const httplib::Request& request, httplib::Response& response) {
    std::unique_lock lock(mutex_);
    requests_.push_back(request);
    released_.wait(lock, [this] { return !held_; });
    std::optional<Trouble> trouble = always_;
    if (!trouble && !troubles_.empty()) {
      trouble = troubles_.front();
      troubles_.pop_front();
    }
    if (trouble && !trouble->cut_after) {
      if (!trouble->retry_after.empty()) response.set_header("Retry-After", trouble->retry_after);
      return fail(response, trouble->status, trouble->word);
    }
    constexpr std::string_view kBucket = "/tarballs";
    if (!request.path.starts_with(kBucket)) return fail(response, 404, "NoSuchBucket");
    if (request.has_param("list-type")) return list(request, response);
    const std::string name = request.path.substr(kBucket.size() + 1);
    if (request.method == "PUT") {
      objects_[name] = {request.body, utc_now()};
      return;
    }
    if (request.method == "DELETE") {
      objects_.erase(name);
      response.status = 204;
      return;
    }
    const auto object = objects_.find(name);
    if (object == objects_.end()) return fail(response, 404, "NoSuchKey");
    response.set_header("Last-Modified", http_date(object->second.modified));
    // With a provider, the library itself answers ranges.
    const std::string body = object->second.bytes;
    const std::size_t end = trouble ? *trouble->cut_after : body.size();
    response.set_content_provider(
        body.size(), "application/gzip",
        [body, end](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
          if (offset >= end) return false;
          return sink.write(body.data() + offset, std::min(length, end - offset));
        });
  }

  static void fail(httplib::Response& response, int status, const std::string& word) {
    response.status = status;
    response.set_content(fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
                                     "<Error><Code>{}</Code><RequestId>1</RequestId></Error>",
                                     word),
                         "application/xml");
  }

  void list(const httplib::Request& request, httplib::Response& response) const {
    const std::string prefix = request.get_param_value("prefix");
    const std::string after = request.get_param_value("start-after");
    const std::size_t most = std::stoul(request.get_param_value("max-keys"));
    std::string contents;
    std::size_t n = 0;
    bool more = false;
    for (const auto& [name, object] : objects_) {
      if (!name.starts_with(prefix) || name <= after) continue;
      if (n == most) {
        more = true;
        break;
      }
      ++n;
      contents += fmt::format(
          "<Contents><Key>{}</Key><LastModified>{}</LastModified>"
          "<ETag>&quot;0&quot;</ETag><Size>{}</Size></Contents>",
          name, format_utc(object.modified), object.bytes.size());
    }
    response.set_content(
        fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
                    "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>tarballs</Name>"
                    "<IsTruncated>{}</IsTruncated>{}</ListBucketResult>",
                    more, contents),
        "application/xml");
  }

  httplib::Server server_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable released_;
  // All below guarded by mutex_.
  std::map<std::string, Object> objects_;
  std::vector<httplib::Request> requests_;
  std::deque<Trouble> troubles_;
  std::optional<Trouble> always_;
  bool held_ = false;
  std::thread thread_;
};

}  // namespace mkt
