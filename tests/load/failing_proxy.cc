// Forwarding, and not; see failing_proxy.h.
#include "tests/load/failing_proxy.h"

#include <fmt/format.h>
#include <httplib.h>

#include <stdexcept>

#include "common/http/http_client.h"

namespace mkt::load {
namespace {

constexpr std::size_t kManyRequests = 10'000'000;
constexpr const char* kFailure = R"({"code": "overloaded", "message": "lost by the proxy"})";

}  // namespace

FailingProxy::FailingProxy(std::string registry_url, std::size_t connections)
    : registry_url_(std::move(registry_url)), server_(std::make_unique<httplib::Server>()) {
  server_->new_task_queue = [connections] { return new httplib::ThreadPool(connections); };
  server_->set_keep_alive_max_count(kManyRequests);
  server_->set_tcp_nodelay(true);
  server_->Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
    const std::uint64_t number = ++requests_;
    const std::uint64_t n = fail_every_;
    const bool fails = n > 0 && number % n == 0;
    if (!fails || number / n % 2 == 0) forward(request, response);
    if (!fails) return;
    response.status = 503;
    response.set_content(kFailure, "application/json");
  });
  port_ = server_->bind_to_any_port("127.0.0.1");
  if (port_ <= 0) throw std::runtime_error("the proxy found no port");
  thread_ = std::thread([this] { server_->listen_after_bind(); });
  while (!server_->is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

FailingProxy::~FailingProxy() {
  server_->stop();
  thread_.join();
}

void FailingProxy::fail_every(std::uint64_t n) {
  fail_every_ = n;
  requests_ = 0;
}

std::string FailingProxy::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

void FailingProxy::forward(const httplib::Request& request, httplib::Response& response) const {
  thread_local HttpClient client(std::chrono::seconds(10));
  HttpRequest onward;
  onward.method = request.method;
  onward.url = registry_url_ + request.path;
  for (const char* name : {"Authorization", "Idempotency-Key"}) {
    if (request.has_header(name)) {
      onward.headers.push_back(fmt::format("{}: {}", name, request.get_header_value(name)));
    }
  }
  onward.body = request.body;
  const auto answer = client.send(onward);
  response.status = answer ? answer->status : 502;
  response.set_content(answer ? answer->body : kFailure, "application/json");
}

}  // namespace mkt::load
