// A registry that gives the answers that a test sets, by real HTTP on loopback.
#pragma once

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/client/settings.h"
#include "common/base/json.h"

namespace mkt {

class FakeRegistry {
 public:
  // An answer given once, before the known ones.
  struct Trouble {
    int status = 503;
    std::string retry_after = {};  // seconds
    // Instead of a status: the known answer, but the connection breaks after this many bytes.
    std::optional<std::size_t> cut_after = std::nullopt;
  };

  FakeRegistry() {
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      asked_.push_back(request.target);
      requests_.push_back(request);
      for (const auto& [name, value] : headers_) response.set_header(name, value);
      std::optional<Trouble> trouble;
      if (!troubles_.empty()) {
        trouble = troubles_.front();
        troubles_.pop_front();
      }
      if (trouble && !trouble->cut_after) {
        response.status = trouble->status;
        if (!trouble->retry_after.empty()) response.set_header("Retry-After", trouble->retry_after);
        response.set_content(trouble->status == 429   ? R"({"code": "rate_limited"})"
                             : trouble->status == 401 ? R"({"code": "unauthorized"})"
                                                      : R"({"code": "overloaded"})",
                             "application/json");
        return;
      }
      const auto answer = answers_.find(request.target);
      const bool known = answer != answers_.end();
      if (!known) {
        response.status = 404;
        response.set_content(R"({"code": "connector_not_found"})", "application/json");
        return;
      }
      // With a provider, the library itself answers ranges.
      const std::string body = answer->second;
      const std::size_t end = trouble ? *trouble->cut_after : body.size();
      response.set_content_provider(
          body.size(), "application/json",
          [body, end](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
            if (offset >= end) return false;
            const std::size_t n = std::min(length, end - offset);
            return sink.write(body.data() + offset, n);
          });
    };
    server_.Get(".*", handler);
    server_.Post(".*", handler);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~FakeRegistry() {
    server_.stop();
    thread_.join();
  }

  // `target` is path and query.
  void answer(const std::string& target, std::string body) {
    const std::lock_guard lock(mutex_);
    answers_[target] = std::move(body);
  }
  // In every answer from now on.
  void header(const std::string& name, std::string value) {
    const std::lock_guard lock(mutex_);
    headers_[name] = std::move(value);
  }
  void trouble(Trouble trouble) {
    const std::lock_guard lock(mutex_);
    troubles_.push_back(std::move(trouble));
  }
  // The value of one header in every request so far; empty where it was missing.
  std::vector<std::string> headers(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> values;
    for (const httplib::Request& r : requests_) values.push_back(r.get_header_value(name.c_str()));
    return values;
  }
  std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  Settings settings() const {
    Settings settings;
    settings.registry = fmt::format("http://127.0.0.1:{}", port_);
    settings.token = "secret";
    return settings;
  }

 private:
  httplib::Server server_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> answers_;  // guarded by mutex_
  std::map<std::string, std::string> headers_;  // guarded by mutex_
  std::vector<std::string> asked_;              // guarded by mutex_
  std::vector<httplib::Request> requests_;      // guarded by mutex_
  std::deque<Trouble> troubles_;                // guarded by mutex_
  std::thread thread_;
};

}  // namespace mkt
