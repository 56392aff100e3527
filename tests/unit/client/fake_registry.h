// A registry that says what a test tells it to, by real HTTP on loopback.
#pragma once

#include <fmt/format.h>
#include <httplib.h>

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/client/settings.h"
#include "common/base/json.h"

namespace mkt {

class FakeRegistry {
 public:
  FakeRegistry() {
    server_.Get(".*", [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      asked_.push_back(request.target);
      const auto answer = answers_.find(request.target);
      const bool known = answer != answers_.end();
      response.status = known ? 200 : 404;
      response.set_content(known ? answer->second : R"({"code": "connector_not_found"})",
                           "application/json");
    });
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
  std::vector<std::string> asked_;              // guarded by mutex_
  std::thread thread_;
};

}  // namespace mkt
