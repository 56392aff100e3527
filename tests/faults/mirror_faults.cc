// mkt-mirror-faults: what stands between a mirror and Google in tests.
//
//   mkt-mirror-faults bucket NAME FOLDER PORT-FILE
//     a bucket of Cloud Storage (fake_bucket.h)
//   mkt-mirror-faults proxy HOST:PORT PORT-FILE ONE-IN [SEED [PORT]]
//     a proxy before Firestore: of every ONE-IN requests, one at random is cut (nothing is done and
//     nothing is answered), answered 429 or 503 without being done, done and then answered 500,
//     held back for a while, or done and then followed by an earlier commit that comes once more,
//     late
//
// The proxy says on stdout what it does, a line each. Both end with SIGTERM.
#include <fmt/format.h>
#include <httplib.h>
#include <signal.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/base/files.h"
#include "common/http/http_client.h"
#include "tests/faults/fake_bucket.h"

namespace mkt::faults {
namespace {

using std::chrono::milliseconds;

// Whole or not there at all: whoever waits for it must not read a part.
void write_port(const std::string& file, const std::string& url) {
  std::ofstream(file + ".new") << url.substr(url.rfind(':') + 1) << "\n";
  std::filesystem::rename(file + ".new", file);
}

void wait_for_end() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  int signal = 0;
  ::sigwait(&signals, &signal);
}

class FirestoreProxy {
 public:
  enum Fault { cut, too_many, unavailable, applied, late, replayed, kFaults };
  static constexpr std::array<const char*, kFaults> kNames = {"cut",     "429",  "503",
                                                              "applied", "late", "replayed"};

  FirestoreProxy(std::string to, unsigned one_in, unsigned seed, int port)
      : to_("http://" + std::move(to)), one_in_(one_in), random_(seed) {
    server_.set_tcp_nodelay(true);
    server_.set_payload_max_length(std::size_t{64} << 20);
    const auto handler = [this](const auto& request, auto& response) { pass(request, response); };
    server_.Post(".*", handler);
    server_.Get(".*", handler);
    if (port == 0) {
      port_ = server_.bind_to_any_port("127.0.0.1");
    } else if (server_.bind_to_port("127.0.0.1", port)) {
      port_ = port;
    }
    if (port_ <= 0) throw std::runtime_error("the proxy found no port");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~FirestoreProxy() {
    server_.stop();
    thread_.join();
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

 private:
  void pass(const httplib::Request& request, httplib::Response& response) {
    const bool commit = request.path.ends_with(":commit");
    Fault fault = kFaults;
    milliseconds delay{0};
    std::string earlier;
    {
      const std::lock_guard lock(mutex_);
      if (random_() % one_in_ == 0) fault = static_cast<Fault>(random_() % kFaults);
      delay = milliseconds(100 + random_() % 400);
      if (!commits_.empty()) earlier = commits_[random_() % commits_.size()];
      if (commit) commits_.push_back(request.body);
    }
    if (fault != kFaults) say(kNames[fault]);
    switch (fault) {
      case cut:
        // A body that is announced and does not come: the library closes the connection.
        response.set_content_provider(
            1000, "application/json",
            [](std::size_t, std::size_t, httplib::DataSink&) { return false; });
        return;
      case too_many:
        response.set_header("Retry-After", "1");
        return refuse(response, 429, "RESOURCE_EXHAUSTED");
      case unavailable:
        return refuse(response, 503, "UNAVAILABLE");
      case applied:
        forward(request, request.body, response);
        return refuse(response, 500, "INTERNAL");
      case late:
        std::this_thread::sleep_for(delay);
        return forward(request, request.body, response);
      case replayed: {
        forward(request, request.body, response);
        httplib::Response nobody_sees;
        if (commit && !earlier.empty()) forward(request, earlier, nobody_sees);
        return;
      }
      case kFaults:
        return forward(request, request.body, response);
    }
  }

  static void say(const char* what) {
    fmt::print("{}\n", what);
    std::fflush(stdout);
  }

  static void refuse(httplib::Response& response, int status, const char* word) {
    response.status = status;
    response.set_content(
        fmt::format(R"({{"error": {{"code": {}, "status": "{}", "message": "by the proxy"}}}})",
                    status, word),
        "application/json");
  }

  void forward(const httplib::Request& request, const std::string& body,
               httplib::Response& response) const {
    thread_local HttpClient client(std::chrono::seconds(60), "the emulator");
    HttpRequest onward;
    onward.method = request.method;
    onward.url = to_ + request.target;
    onward.headers = {"Authorization: " + request.get_header_value("Authorization")};
    if (request.method == "POST") onward.body = body;
    const auto answer = client.send(onward);
    if (!answer) return refuse(response, 503, "UNAVAILABLE");
    response.status = answer->status;
    response.set_content(answer->body, "application/json");
  }

  const std::string to_;
  const unsigned one_in_;
  httplib::Server server_;
  int port_ = 0;
  std::mutex mutex_;
  std::mt19937 random_;               // guarded by mutex_
  std::vector<std::string> commits_;  // guarded by mutex_; that came so far
  std::thread thread_;
};

int run(const std::vector<std::string>& words) {
  if (words.size() == 4 && words[0] == "bucket") {
    const FakeBucket bucket(words[1], words[2]);
    write_port(words[3], bucket.url());
    wait_for_end();
    return 0;
  }
  if (words.size() >= 4 && words[0] == "proxy") {
    const auto number = [&](std::size_t i, unsigned otherwise) {
      return words.size() > i ? static_cast<unsigned>(std::stoul(words[i])) : otherwise;
    };
    const FirestoreProxy proxy(words[1], number(3, 10), number(4, 1),
                               static_cast<int>(number(5, 0)));
    write_port(words[2], proxy.url());
    wait_for_end();
    return 0;
  }
  fmt::print(stderr,
             "usage: mkt-mirror-faults bucket NAME FOLDER PORT-FILE | proxy HOST:PORT PORT-FILE "
             "ONE-IN [SEED [PORT]]\n");
  return 64;
}

}  // namespace
}  // namespace mkt::faults

int main(int argc, char** argv) {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  // Before there are threads: theirs is the same.
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return mkt::faults::run({argv + 1, argv + argc});
}
