// An event loop for libcurl's multi interface; see driver.h.
#include "tests/load/driver.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <stdexcept>

#include "common/base/files.h"
#include "common/base/utf8.h"
#include "mkt_version.h"

namespace mkt::load {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr long kTimeoutMs = 30'000;  // of one request
constexpr long kBufferBytes = 16 * 1024;
constexpr std::size_t kMaxShownBytes = 200;

// One connection's worth: a handle, and the request it is busy with.
struct Slot {
  CURL* handle = nullptr;
  curl_slist* headers = nullptr;
  Call call;
  std::string url;  // origin, then the path of the call
  std::string body;
  SteadyTime due, sent;
  char error[CURL_ERROR_SIZE] = "";
};

// What epoll knows of a socket.
struct Watch {
  std::uint32_t events = 0;  // none: not known
  bool wanted = false;       // by libcurl; it is not, while the connection is idle
};

class Driver {
 public:
  Driver(const std::string& url, Load load)
      : load_(std::move(load)), origin_(url), measured_(load_.name, load_.operations) {
    raise_descriptor_limit();
    // Timers to the microsecond: the kernel's usual slack is a good part of a quick answer.
    ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    multi_ = ::curl_multi_init();
    epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    if (multi_ == nullptr || !epoll_) throw std::runtime_error("no event loop");
    ::curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &on_socket);
    ::curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    ::curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &on_timer);
    ::curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    ::curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(load_.connections));
    for (std::size_t i = 0; i < load_.connections; ++i) add_slot();
  }

  ~Driver() {
    for (const auto& slot : slots_) {
      ::curl_multi_remove_handle(multi_, slot->handle);
      ::curl_easy_cleanup(slot->handle);
      ::curl_slist_free_all(slot->headers);
    }
    ::curl_multi_cleanup(multi_);
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  Measurement run() {
    began_ = Clock::now();
    const nanoseconds used_before = used_processor();
    const SteadyTime stop = began_ + load_.duration;
    const SteadyTime give_up = stop + Load::kGrace;
    SteadyTime next_second = began_ + std::chrono::seconds(1);
    for (;;) {
      const SteadyTime now = Clock::now();
      if (now >= give_up) break;
      begin_requests(std::min(now, stop));
      if (busy_ == 0 && waiting_.empty() && (!has_more() || now >= stop)) break;
      if (load_.every_second && now >= next_second) {
        load_.every_second(now - began_);
        next_second += std::chrono::seconds(1);
      }
      SteadyTime until = now < stop ? stop : give_up;
      if (load_.every_second) until = std::min(until, next_second);
      wait_for_events(until);
      collect_answers();
    }
    const SteadyTime ended = Clock::now();
    const std::size_t lost = busy_ + waiting_.size();
    for (std::size_t i = 0; i < lost; ++i) {
      measured_.record(0, Outcome::failed, nanoseconds(0), ended - began_);
    }
    if (lost > 0) measured_.explain(fmt::format("{} requests had no answer by the end", lost));
    measured_.finish(ended - began_, used_processor() - used_before);
    return std::move(measured_);
  }

 private:
  // By this thread.
  static nanoseconds used_processor() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + nanoseconds(used.tv_nsec);
  }

  static void raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }

  void add_slot() {
    auto slot = std::make_unique<Slot>();
    slot->handle = ::curl_easy_init();
    if (slot->handle == nullptr) throw std::runtime_error("libcurl gives no handle");
    const auto set = [&](CURLoption option, auto value) {
      ::curl_easy_setopt(slot->handle, option, value);
    };
    set(CURLOPT_PRIVATE, slot.get());
    set(CURLOPT_ERRORBUFFER, slot->error);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_PROXY, "");
    set(CURLOPT_TCP_NODELAY, 1L);
    set(CURLOPT_TIMEOUT_MS, kTimeoutMs);
    set(CURLOPT_BUFFERSIZE, kBufferBytes);
    set(CURLOPT_USERAGENT, "mkt-load/" MKT_VERSION);
    set(CURLOPT_WRITEFUNCTION, &on_write);
    set(CURLOPT_WRITEDATA, slot.get());
    set(CURLOPT_CLOSESOCKETFUNCTION, &on_close);
    set(CURLOPT_CLOSESOCKETDATA, this);
    idle_.push_back(slot.get());
    slots_.push_back(std::move(slot));
  }

  // What is due by `now`, as far as there are connections for it.
  void begin_requests(SteadyTime now) {
    if (load_.rate <= 0) {
      while (!idle_.empty() && now < began_ + load_.duration && has_more()) begin(Clock::now());
      return;
    }
    for (; has_more(); ++due_) {
      const SteadyTime due = due_time();
      if (due > now || due >= began_ + load_.duration) break;
      waiting_.push_back(due);
    }
    while (!idle_.empty() && !waiting_.empty()) {
      const SteadyTime due = waiting_.front();
      waiting_.pop_front();
      begin(due);
      if (exhausted_) waiting_.clear();
    }
  }

  bool has_more() const { return !exhausted_ && (load_.rate > 0 ? due_ : begun_) < load_.requests; }

  SteadyTime due_time() const {
    return began_ +
           nanoseconds(static_cast<std::int64_t>(static_cast<double>(due_) * 1e9 / load_.rate));
  }

  void begin(SteadyTime due) {
    std::optional<Call> call = load_.next();
    if (!call) {
      exhausted_ = true;
      return;
    }
    ++begun_;
    Slot& slot = *idle_.back();
    idle_.pop_back();
    ++busy_;
    slot.call = std::move(*call);
    slot.body.clear();
    slot.error[0] = '\0';
    slot.due = due;
    slot.url = origin_;
    slot.url += slot.call.request.url;
    prepare(slot);
    slot.sent = Clock::now();
    ::curl_multi_add_handle(multi_, slot.handle);
  }

  static void prepare(Slot& slot) {
    const HttpRequest& request = slot.call.request;
    const auto set = [&](CURLoption option, auto value) {
      ::curl_easy_setopt(slot.handle, option, value);
    };
    ::curl_slist_free_all(slot.headers);
    slot.headers = nullptr;
    for (const std::string& header : request.headers) {
      slot.headers = ::curl_slist_append(slot.headers, header.c_str());
    }
    if (request.body) {
      // No waiting for "100 Continue" before a body that is small.
      slot.headers = ::curl_slist_append(slot.headers, "Expect:");
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
      set(CURLOPT_POSTFIELDS, request.body->data());
    } else {
      set(CURLOPT_HTTPGET, 1L);
    }
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    set(CURLOPT_URL, slot.url.c_str());
    set(CURLOPT_HTTPHEADER, slot.headers);
  }

  void wait_for_events(SteadyTime until) {
    if (load_.rate > 0 && !idle_.empty() && has_more()) until = std::min(until, due_time());
    if (curl_due_) until = std::min(until, *curl_due_);
    const nanoseconds wait = std::max(until - Clock::now(), nanoseconds(0));
    const timespec timeout{wait.count() / 1'000'000'000, wait.count() % 1'000'000'000};
    std::array<epoll_event, 256> events;
    const int n = ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 &timeout, nullptr);
    int running = 0;
    for (int i = 0; i < n; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      Watch& watch = watch_of(event.data.fd);
      if (!watch.wanted) {  // an idle connection that the registry closed
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, event.data.fd, nullptr);
        watch = {};
        continue;
      }
      const int ready = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                        ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                        ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
      ::curl_multi_socket_action(multi_, event.data.fd, ready, &running);
    }
    if (curl_due_ && Clock::now() >= *curl_due_) {
      curl_due_.reset();
      ::curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    }
  }

  void collect_answers() {
    int left = 0;
    while (const CURLMsg* message = ::curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      char* self = nullptr;
      ::curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
      Slot& slot = *reinterpret_cast<Slot*>(self);
      ::curl_multi_remove_handle(multi_, slot.handle);
      end(slot, code);
    }
  }

  void end(Slot& slot, CURLcode code) {
    const SteadyTime now = Clock::now();
    long status = 0;
    ::curl_easy_getinfo(slot.handle, CURLINFO_RESPONSE_CODE, &status);
    Reply reply{static_cast<int>(status), slot.body, {}, slot.due, slot.sent, now};
    if (code != CURLE_OK) {
      reply.status = 0;
      reply.failure = slot.error[0] != '\0' ? slot.error : ::curl_easy_strerror(code);
    }
    const Outcome outcome = load_.judge(slot.call, reply);
    if (outcome == Outcome::failed) {
      const HttpRequest& request = slot.call.request;
      measured_.explain(fmt::format(
          "{} {}: {} {}", request.method, request.url, reply.status,
          printable(reply.failure.empty() ? reply.body.substr(0, kMaxShownBytes) : reply.failure)));
    }
    measured_.record(slot.call.operation, outcome, now - slot.due, now - began_);
    --busy_;
    idle_.push_back(&slot);
  }

  static std::size_t on_write(char* data, std::size_t, std::size_t size, void* self) {
    static_cast<Slot*>(self)->body.append(data, size);
    return size;
  }

  // A socket stays with epoll while its connection is idle: two system calls fewer a request.
  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    auto& driver = *static_cast<Driver*>(self);
    Watch& watch = driver.watch_of(fd);
    watch.wanted = what != CURL_POLL_REMOVE;
    if (!watch.wanted) return 0;
    epoll_event event{};
    event.events =
        ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
    event.data.fd = fd;
    if (event.events == watch.events) return 0;
    ::epoll_ctl(driver.epoll_.get(), watch.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
    watch.events = event.events;
    return 0;
  }

  static int on_close(void* self, curl_socket_t fd) {
    static_cast<Driver*>(self)->watch_of(fd) = {};  // epoll forgets it by itself
    return ::close(fd);
  }

  Watch& watch_of(int fd) {
    const auto i = static_cast<std::size_t>(fd);
    if (i >= watches_.size()) watches_.resize(i + 1);
    return watches_[i];
  }

  static int on_timer(CURLM*, long ms, void* self) {
    auto& driver = *static_cast<Driver*>(self);
    driver.curl_due_.reset();
    if (ms >= 0) driver.curl_due_ = Clock::now() + milliseconds(ms);
    return 0;
  }

  Load load_;
  const std::string origin_;
  Measurement measured_;
  CURLM* multi_ = nullptr;
  UniqueFd epoll_;
  std::vector<Watch> watches_;          // by file descriptor
  std::optional<SteadyTime> curl_due_;  // when libcurl wants to be called without an event
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> idle_;
  std::deque<SteadyTime> waiting_;  // due, without a connection yet
  SteadyTime began_;
  std::size_t due_ = 0;    // how many became due: open loop
  std::size_t begun_ = 0;  // how many were sent
  std::size_t busy_ = 0;
  bool exhausted_ = false;
};

}  // namespace

Outcome judge_strictly(const Call&, const Reply& reply) {
  return reply.status / 100 == 2 ? Outcome::answered : Outcome::failed;
}

Outcome judge_refusals(const Call&, const Reply& reply) {
  if (reply.status == 429 || reply.status == 503) return Outcome::refused;
  return reply.status / 100 == 2 ? Outcome::answered : Outcome::failed;
}

std::function<std::optional<Call>()> in_turn(std::vector<Call> calls) {
  return [calls = std::move(calls), next = std::size_t{0}]() mutable -> std::optional<Call> {
    if (next == calls.size()) return std::nullopt;
    return std::move(calls[next++]);
  };
}

Measurement drive(const std::string& url, Load load) {
  if (load.connections == 0) throw std::runtime_error("a load needs a connection");
  return Driver(url, std::move(load)).run();
}

}  // namespace mkt::load
