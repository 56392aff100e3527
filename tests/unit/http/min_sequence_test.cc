// Reading one's own changes through another daemon than the one that made them.
#include "daemon/http/min_sequence.h"

#include <doctest/doctest.h>

#include <thread>

#include "tests/unit/http/no_body.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

// A store that others change, too.
class FollowingStore : public Store {
 public:
  explicit FollowingStore(Store& store) : store_(store) {}
  Status read(const std::function<Status(const Records&)>& look) override {
    ++reads;
    return store_.read(look);
  }
  Result<EntryNumbers> change(const Touches& touches,
                              const std::function<Status(Records&)>& decide) override {
    return store_.change(touches, decide);
  }
  Watch watch(std::function<void(const Touches&)> told) override {
    return store_.watch(std::move(told));
  }
  const MemoryLease* memory_lease() const override { return &lease; }
  const LogPosition* log_position() const override { return &position; }

  MemoryLease lease;
  LogPosition position;
  int reads = 0;

 private:
  Store& store_;
};

struct SequenceFixture : RegistryFixture {
  SequenceFixture() {
    for (int i = 0; i < 3; ++i) {
      REQUIRE(registry->market().store.change(Touches(), [](Records& records) -> Status {
        records.log().append({from_unix_ms(1), {}, "token.create", "t", "{}"});
        return {};
      }));
    }
    newest = must(following.read_newest());
    following.store.reads = 0;
  }
  struct Following {
    explicit Following(Marketplace& market)
        : store(market.store), shared{store, market.blobs, {}} {}
    Result<std::int64_t> read_newest() {
      return shared.read([](const Records& records) { return records.log().newest(); });
    }
    FollowingStore store;
    Marketplace shared;
  };
  static RequestHead request(const std::string& method, const std::string& field = "") {
    return must(RequestHead::parse(method + " /x HTTP/1.1\r\nHost: x\r\n" + field + "\r\n"));
  }
  // What the answer to such a request names; "" for nothing.
  using Headers = std::vector<std::pair<std::string, std::string>>;
  std::string told_of(const Marketplace& of, const std::string& method, int status,
                      Headers headers) {
    Response response;
    response.status = status;
    response.headers = std::move(headers);
    const RequestHead head = request(method);
    NoBody body;
    tell_sequence(of, Request{head, body, admin, {}}, response);
    const auto& [name, value] = response.headers.empty() ? kNothing : response.headers.back();
    return name == "Mkt-Sequence" ? value : std::string();
  }
  std::string told(const std::string& method, int status, Headers headers = {}) {
    return told_of(market, method, status, std::move(headers));
  }
  static inline const std::pair<std::string, std::string> kNothing;
  RequestHead wanting(std::int64_t sequence) const {
    return request("GET", "Mkt-Min-Sequence: " + std::to_string(sequence) + "\r\n");
  }

  Caller admin = [] {
    Caller caller;
    caller.token_id = "t";
    caller.role = Role::admin;
    return caller;
  }();
  Following following{registry->market()};
  Marketplace& market = following.shared;
  LogPosition& position = following.store.position;
  std::int64_t newest = 0;
};

TEST_CASE_FIXTURE(SequenceFixture, "the answer to a change names an entry at or after it") {
  position.set_told(4);
  position.set_written(7);
  CHECK(told("POST", 201) == "7");
  CHECK(told("GET", 200).empty());
  CHECK(told("POST", 409).empty());
  admin.token_id.clear();
  CHECK(told("POST", 201).empty());
}

TEST_CASE_FIXTURE(SequenceFixture, "a replay names what the log has, as another daemon made it") {
  position.set_told(newest - 2);
  CHECK(told("POST", 201, {{"X-Idempotency-Replayed", "true"}}) == std::to_string(newest));
}

TEST_CASE_FIXTURE(SequenceFixture, "one daemon alone names no entry and waits for none") {
  CHECK(told_of(registry->market(), "POST", 201, {}).empty());
  CHECK_FALSE(is_behind(registry->market(), wanting(1'000'000)));
}

TEST_CASE_FIXTURE(SequenceFixture, "a daemon that has not heard of an entry waits until it has") {
  position.set_told(newest - 1);
  CHECK_FALSE(is_behind(market, wanting(newest - 1)));
  CHECK(is_behind(market, wanting(newest)));
  std::jthread follower([&] { position.set_told(newest); });
  catch_up(market, wanting(newest));
  follower.join();
  CHECK_FALSE(is_behind(market, wanting(newest)));
}

TEST_CASE_FIXTURE(SequenceFixture, "a number that the log has not given asks nobody") {
  position.set_told(newest);
  catch_up(market, wanting(newest + 1'000'000));
  for (const char* nonsense : {"", "-1", "x", "99999999999999999999999", "1 2"}) {
    CAPTURE(nonsense);
    const auto head = request("GET", std::string("Mkt-Min-Sequence: ") + nonsense + "\r\n");
    CHECK_FALSE(is_behind(market, head));
    catch_up(market, head);
  }
  CHECK(following.store.reads == 0);
}

}  // namespace
}  // namespace mkt
