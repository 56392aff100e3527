// Fronts, workers and the cache between them.
#include "daemon/http/server.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <optional>
#include <thread>

#include "common/base/address_range.h"
#include "common/base/encoding.h"
#include "common/base/turns.h"
#include "daemon/http/answer_cache.h"
#include "daemon/http/byte_range.h"
#include "daemon/http/cors.h"
#include "daemon/http/error_body.h"
#include "daemon/http/front.h"
#include "daemon/http/upload_slots.h"
#include "daemon/http/worker_pool.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxWaiting = 4'096;
// Changes mostly wait for the disk, and those that wait at the same time share one fsync: so many
// at once are faster. Above this number the threads' own cost outweighs the gain: measured with 8,
// 16, 32 and 64 on two cores.
constexpr unsigned kChangesAtOnce = 32;
// Of those, only as many as there are cores compute at the same time, but at least this many. If
// all of them did, readers would get little of the processor: with three times as many publishes as
// the daemon can take, the p99 of reads was 510-850 ms without this and 120-220 ms with it.
constexpr unsigned kMinComputing = 2;
constexpr std::size_t kMaxUploadsWaiting = 64;
// For bodies under a used Idempotency-Key, which are only compared: a quarter of the slots in
// addition.
constexpr std::size_t kMinRepeats = 2;
constexpr std::size_t kMaxRepeatsWaiting = 16;
constexpr std::chrono::seconds kMaxWait{10};
// A request that would wait longer than this for a thread is refused, as there is more work than
// can be done. Large uploads may wait for kMaxWait, as their time depends on the clients before
// them.
constexpr std::chrono::milliseconds kLongestWait{500};
constexpr std::chrono::seconds kDrainTime{30};
constexpr unsigned kMaxFronts = 8;
constexpr std::size_t kMaxConnections = 16'384;

// A front sends some 100,000 small answers a second. One per core would leave no core to the
// workers and to clients on this machine: on two cores, two fronts doubled the p99 and gained 15 %.
unsigned front_count() {
  return std::clamp(std::thread::hardware_concurrency() / 2, 1U, kMaxFronts);
}
// With TLS most of an answer is its encryption, which a core alone does not keep up with: on two
// cores, a second front sent a third more small answers and tarballs.
unsigned encrypting_front_count() {
  return std::clamp(std::thread::hardware_concurrency(), 1U, 2 * kMaxFronts);
}

unsigned changes_computing() {
  return std::max(kMinComputing, std::thread::hardware_concurrency());
}

unsigned worker_count() { return std::max(8U, 2 * std::thread::hardware_concurrency()); }

std::size_t connection_limit() {
  // Each connection may be sending a tarball, which takes another descriptor; and the database,
  // uploads and the log need some too.
  constexpr std::size_t kOthers = 64;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t all = limit.rlim_cur;
  return std::min(kMaxConnections, (all - std::min(kOthers, all / 4)) / 2);
}

// Unique in this process, without telling how busy it is: splitmix64 of a counter.
std::string new_request_id() {
  static const std::uint64_t seed = [] {
    std::uint64_t value = 0;
    const std::string digits = random_hex(8);
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
  }();
  static std::atomic<std::uint64_t> count{0};
  std::uint64_t z = seed + ++count * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return fmt::format("{:016x}", z ^ (z >> 31));
}

std::size_t repeats_at_once(unsigned uploads) {
  return std::max<std::size_t>(kMinRepeats, uploads / 4);
}

// The client that a slot counts for. All clients of a Unix socket whom no proxy named look alike.
UploadSlots::Claim claim_of(const Exchange& exchange) {
  return {exchange.subject, exchange.address == "unix" ? "" : network_of(exchange.address)};
}

// Takes a slot at the first read, where the body has not arrived yet.
class ConnectionBody : public BodyReader {
 public:
  // `uploads` is null where the whole body has arrived.
  ConnectionBody(Connection& connection, const RequestHead& head, const Exchange& exchange,
                 UploadSlots* uploads, UploadSlots& repeats)
      : connection_(connection),
        exchange_(exchange),
        slots_(uploads),
        repeats_(repeats),
        length_(head.content_length.value_or(0)),
        left_(length_),
        must_continue_(head.expects_continue && length_ > 0) {}

  std::uint64_t length() const override { return length_; }
  std::uint64_t left() const { return left_; }

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (left_ == 0 || into.empty()) return std::size_t{0};
    if (slots_ != nullptr && !slot_) {
      MKT_TRY(auto slot, slots_->take(claim_of(exchange_), kMaxWait));
      slot_.emplace(std::move(slot));
    }
    if (std::exchange(must_continue_, false)) {
      connection_.send_interim("HTTP/1.1 100 Continue\r\n\r\n");
    }
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left_, into.size()));
    MKT_TRY(const std::size_t n, connection_.read(into.first(want)));
    left_ -= n;
    return n;
  }

  void only_compare() override {
    if (slots_ != nullptr) slots_ = &repeats_;
  }

 private:
  Connection& connection_;
  const Exchange& exchange_;
  UploadSlots* slots_;
  UploadSlots& repeats_;
  std::optional<UploadSlots::Slot> slot_;
  std::uint64_t length_;
  std::uint64_t left_;
  bool must_continue_;
};

// A plain GET whose answer is the same for everybody.
bool may_be_kept(const RequestHead& head) {
  if (head.method != "GET" || !head.query.empty() || head.content_length.value_or(0) > 0 ||
      is_earlier_mkt(head)) {
    return false;
  }
  // A cookie may be a session's of the pages.
  for (const char* field : {"authorization", "x-api-key", "range", "cookie"}) {
    if (!head.header(field).empty()) return false;
  }
  return true;
}

std::string etag_of(const Response& response) {
  for (const auto& [name, value] : response.headers) {
    if (name == "ETag") return value;
  }
  return {};
}

std::shared_ptr<const KeptAnswer> keepable(const Response& response, std::string route) {
  auto kept = std::make_shared<KeptAnswer>();
  kept->route = std::move(route);
  kept->etag = etag_of(response);
  Response copy;
  copy.status = response.status;
  copy.headers = response.headers;
  copy.content_type = response.content_type;
  copy.body = response.body;
  copy.shared_body = response.shared_body;
  Response not_modified;
  not_modified.status = 304;
  not_modified.headers = response.headers;
  kept->answer = make_answer(std::move(copy));
  kept->not_modified = make_answer(std::move(not_modified));
  kept->same_while = *response.same_while;
  return kept;
}

}  // namespace

class HttpServer::Impl : public RequestSink {
 public:
  Impl(ServerParts parts, const ServerLimits& limits)
      : parts_(std::move(parts)),
        connections_(connection_limit(), limits.connections_per_address),
        upload_slots_(limits.uploads, kMaxUploadsWaiting),
        repeat_slots_(repeats_at_once(limits.uploads), kMaxRepeatsWaiting),
        workers_(std::make_unique<WorkerPool>("reads", worker_count(), kMaxWaiting, kMaxWait,
                                              kLongestWait)),
        changes_(std::make_unique<WorkerPool>("changes", kChangesAtOnce, kMaxWaiting, kMaxWait,
                                              kLongestWait)),
        // One thread for each request that has a slot or waits for one.
        uploads_(std::make_unique<WorkerPool>(
            "uploads",
            static_cast<unsigned>(limits.uploads + repeats_at_once(limits.uploads) +
                                  kMaxUploadsWaiting + kMaxRepeatsWaiting),
            kMaxUploadsWaiting, kMaxWait)) {
    for (unsigned i = 0; i < (parts_.tls ? encrypting_front_count() : front_count()); ++i) {
      fronts_.push_back(std::make_unique<Front>(*this, FrontLimits(), connections_, parts_.tls));
    }
  }

  void add(Listener listener) {
    for (std::size_t i = 0; i < fronts_.size(); ++i) {
      if (i < front_count() || listener.speaks_tls) fronts_[i]->add_listener(listener);
    }
    listeners_.push_back(std::move(listener));
  }

  void run() {
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < fronts_.size(); ++i) {
      threads.emplace_back([this, i] {
        ::pthread_setname_np(::pthread_self(), "front");
        fronts_[i]->run(kDrainTime);
      });
    }
    fronts_[0]->run(kDrainTime);  // in the first thread, whose name is the process's
    for (std::thread& thread : threads) thread.join();
    workers_.reset();
    changes_.reset();
    uploads_.reset();
  }

  void stop() {
    stopping_ = true;
    for (const auto& front : fronts_) front->stop();
  }

  ServerCounts counts() const {
    return {connections_.all(), workers_->waiting(), changes_->waiting(),
            uploads_->waiting() + upload_slots_.waiting() + repeat_slots_.waiting()};
  }

  // RequestSink, from the fronts' threads. -------------------------------------------------------

  bool is_shared(const Peer& peer) override { return parts_.is_proxy(peer); }

  bool answer_now(Connection& c) override {
    const RequestHead& head = *c.request;
    if (stopping_ || !head.keep_alive || !may_be_kept(head)) return false;
    const auto kept = cache_.find(head.path);
    if (!kept || (parts_.is_behind && parts_.is_behind(head))) return false;
    auto admitted = parts_.admit(head, c.peer());
    if (!admitted || !admitted->anyone_reads) return false;
    const bool same = !kept->etag.empty() && etag_matches(head.header("if-none-match"), kept->etag);
    const Answer& answer = same ? kept->not_modified : kept->answer;
    describe(c, new_request_id(), answer.status);
    c.record.address = std::move(admitted->address);
    c.record.route = kept->route;
    c.close_after = c.body_unread = false;
    switch (c.send_kept(answer, head_end(c.record.request_id, admitted->cors))) {
      case Connection::Sent::all:
        answered(c);
        c.next_request();
        break;
      case Connection::Sent::failed:
        c.close_after = true;
        [[fallthrough]];
      case Connection::Sent::more:
        c.phase = Connection::Phase::sending;
    }
    return true;
  }

  bool hand_over(Front& front, std::shared_ptr<Connection> connection, bool body_to_come) override {
    const std::string& method = connection->request->method;
    const bool changes = !body_to_come && method != "GET" && method != "HEAD";
    auto run = [this, &front, connection, body_to_come, changes] {
      std::optional<Turn> turn;
      if (changes) turn.emplace(change_turns_);
      answer(*connection, body_to_come);
      front.resume(*connection);
    };
    auto expire = [this, &front, connection] {
      refuse(*connection, Error(ErrorCode::overloaded, "the request waited too long; try again"));
      connection->phase = Connection::Phase::sending;
      front.resume(*connection);
    };
    WorkerPool& pool = body_to_come ? *uploads_ : changes ? *changes_ : *workers_;
    return pool.submit({std::move(run), std::move(expire)});
  }

  void tick() override {
    const auto now = Connection::Clock::now();
    for (WorkerPool* pool : {workers_.get(), changes_.get(), uploads_.get()}) {
      pool->expire_late(now);
    }
  }

  void refuse(Connection& c, const Error& error) override {
    const std::string id = new_request_id();
    Response response = error_response(error, id);
    describe(c, id, response.status);
    // A client that is told to come again keeps its connection, where the whole request was read: a
    // new connection would cost more than the refusal, just when there is too much to do.
    const bool stays = error.code == ErrorCode::overloaded && !stopping_ && c.request &&
                       c.request->keep_alive &&
                       c.body_received() >= c.request->content_length.value_or(0);
    c.close_after = c.body_unread = !stays;
    // The answer to an unreadable head contains nothing private.
    Cors cors{Cors::Readers::anyone, false, {}};
    if (c.request) {
      const auto admitted = parts_.admit(*c.request, c.peer());
      cors = admitted ? admitted->cors : Cors();
    }
    c.send(make_answer(std::move(response), {.close_after = !stays}), head_end(id, cors));
  }

  void answered(Connection& c) override {
    c.record.bytes_out = c.bytes_sent();
    c.record.duration = std::chrono::duration_cast<std::chrono::microseconds>(
        Connection::Clock::now() - c.record.started);
    parts_.log(c.record);
  }

 private:
  static void describe(Connection& c, const std::string& request_id, int status) {
    AccessRecord& record = c.record;
    record.request_id = request_id;
    record.status = status;
    record.address = c.peer().address;
    record.method = c.request ? c.request->method : "-";
    record.path = c.request ? c.request->path : "-";
    record.bytes_in = c.request ? c.request->content_length.value_or(0) : 0;
    if (c.request) record.trace = trace_of(*c.request);
  }

  // A worker makes one answer; the front sends it.
  void answer(Connection& c, bool body_to_come) {
    const RequestHead& head = *c.request;
    Exchange exchange{c.peer().address, new_request_id(), {}, {}, {}, trace_of(head)};
    ConnectionBody body(c, head, exchange, body_to_come ? &upload_slots_ : nullptr, repeat_slots_);
    Response response;
    Cors cors;
    if (auto admitted = parts_.admit(head, c.peer()); !admitted) {
      response = error_response(admitted.error(), exchange.request_id);
    } else {
      exchange.address = std::move(admitted->address);
      cors = std::move(admitted->cors);
      response = head.method == "OPTIONS" ? preflight_response(cors)
                                          : parts_.application(head, body, exchange);
    }
    describe(c, exchange.request_id, response.status);
    c.record.address = exchange.address;
    c.record.route = exchange.route;
    c.record.who = std::move(exchange.who);
    // The next request begins where this body ends. If the body has not arrived, the connection is
    // closed.
    c.body_unread = body_to_come && body.left() > 0;
    c.close_after = !head.keep_alive || stopping_ || c.body_unread;
    if (response.same_while && response.status == 200 && may_be_kept(head)) {
      cache_.keep(head.path, keepable(response, exchange.route));
    }
    c.when_sent = std::move(response.when_sent);
    c.send(make_answer(std::move(response),
                       {.head_only = head.method == "HEAD", .close_after = c.close_after}),
           head_end(exchange.request_id, cors));
    c.phase = Connection::Phase::sending;
  }

  ServerParts parts_;
  AnswerCache cache_;
  Turns change_turns_{changes_computing()};
  std::vector<Listener> listeners_;
  ConnectionCount connections_;
  std::atomic<bool> stopping_{false};
  UploadSlots upload_slots_;
  UploadSlots repeat_slots_;
  // The workers are joined before the fronts, and so before the connections are destroyed.
  std::vector<std::unique_ptr<Front>> fronts_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<WorkerPool> changes_;
  std::unique_ptr<WorkerPool> uploads_;
};

HttpServer::HttpServer(ServerParts parts, const ServerLimits& limits)
    : impl_(std::make_unique<Impl>(std::move(parts), limits)) {}
HttpServer::~HttpServer() = default;

void HttpServer::add(Listener listener) { impl_->add(std::move(listener)); }
void HttpServer::run() { impl_->run(); }
void HttpServer::stop() { impl_->stop(); }
ServerCounts HttpServer::counts() const { return impl_->counts(); }

}  // namespace mkt
