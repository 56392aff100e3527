// A proxy before the registry that loses a known part of what goes through it.
//
// Of what it fails, every second request never reaches the registry, and of the others the answer
// is lost: the client cannot tell which. All are answered 503. It has a thread for each connection,
// and stops when it goes. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace mkt::load {

class FailingProxy {
 public:
  // POST only, which is what this test sends. `connections`: at most so many clients.
  FailingProxy(std::string registry_url, std::size_t connections);
  ~FailingProxy();
  FailingProxy(const FailingProxy&) = delete;
  FailingProxy& operator=(const FailingProxy&) = delete;

  // From now on every n-th request fails, and the count begins anew.
  void fail_every(std::uint64_t n);
  // That came since then.
  std::uint64_t requests() const { return requests_; }

  std::string url() const;

 private:
  void forward(const httplib::Request& request, httplib::Response& response) const;

  const std::string registry_url_;
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> fail_every_{0};
  std::thread thread_;
};

}  // namespace mkt::load
