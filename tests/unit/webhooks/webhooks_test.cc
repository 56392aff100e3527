// What a receiver is told, by real HTTP on loopback.
#include "daemon/webhooks/webhooks.h"

#include <httplib.h>
#include <sqlite3.h>

#include <atomic>
#include <mutex>
#include <set>

#include "common/http/http_client.h"
#include "common/signing/hmac.h"
#include "tests/unit/eventually.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;

constexpr WebhookPauses kQuick{2ms, 2ms, 2ms};
constexpr const char* kSecret = "0123456789abcdef0123";

// Keeps what it is sent, and answers as it is told to.
class Receiver {
 public:
  Receiver() {
    server_.Post("/hook", [this](const httplib::Request& request, httplib::Response& response) {
      {
        const std::lock_guard lock(mutex_);
        response.status = status;
        got_.push_back(request);
      }
      silent.wait(true);
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Receiver() {
    silent = false;
    silent.notify_all();
    server_.stop();
    thread_.join();
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}/hook", port_); }

  std::vector<httplib::Request> wait_for(std::size_t count) {
    eventually([&] {
      const std::lock_guard lock(mutex_);
      return got_.size() >= count;
    });
    const std::lock_guard lock(mutex_);
    return got_;
  }

  std::atomic<int> status = 200;
  std::atomic<bool> silent = false;  // takes what comes, and does not answer

 private:
  httplib::Server server_;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<httplib::Request> got_;  // guarded by mutex_
  std::thread thread_;
};

// Counts the reads that fail.
class WatchedStore : public Store {
 public:
  WatchedStore(const std::filesystem::path& folder, std::atomic<int>& failed_reads)
      : failed_reads_(failed_reads) {
    auto opened = SqliteStore::open(folder / "mktd.db");
    REQUIRE(opened);
    store_ = std::move(*opened);
  }
  Status read(const std::function<Status(const Records&)>& look) override {
    Status outcome = store_->read(look);
    if (!outcome) ++failed_reads_;
    return outcome;
  }
  Result<EntryNumbers> change(const Touches& touches,
                              const std::function<Status(Records&)>& decide) override {
    return store_->change(touches, decide);
  }
  Watch watch(std::function<void(const Touches&)> told) override {
    return store_->watch(std::move(told));
  }

 private:
  std::unique_ptr<Store> store_;
  std::atomic<int>& failed_reads_;
};

struct FailedReads {
  std::atomic<int> failed_reads = 0;
};

struct WebhookFixture : FailedReads, RegistryFixture {
  WebhookFixture()
      : RegistryFixture([this](const std::filesystem::path& in) {
          return std::make_unique<Registry>(in, std::make_unique<WatchedStore>(in, failed_reads),
                                            nullptr);
        }) {
    NewVersion n = version("vault", "1.0.0", add_publisher("acme"));
    n.version.capabilities = {"auth"};
    REQUIRE(registry->publish(n, kActor));
    // Its cursor is made now: what comes from here on is told.
    REQUIRE(registry->webhook_cursor(hook().name()));
  }
  Webhook hook() const { return {receiver.url(), kSecret, {"request.*"}}; }
  void ask(const std::string& id, const std::string& tenant = "team") {
    const NewInstallRequest request{id,    tenant,   "vault", "1.0.0", R"({"password":"hunter2"})",
                                    "bob", utc_now()};
    REQUIRE(registry->request_install(request, kActor));
  }
  Receiver receiver;
};

TEST_CASE_FIXTURE(WebhookFixture,
                  "a receiver is told of what it wants, and can check who told it") {
  const Webhooks webhooks(registry->market(), {hook()}, kQuick);
  ask("req_1");
  const auto got = receiver.wait_for(1);
  REQUIRE(got.size() == 1);
  const auto body = parse_json(got[0].body, "the event");
  REQUIRE(body);
  CHECK(text_member(*body, "event") == "request.create");
  CHECK(text_member((*body)["request"], "id") == "req_1");
  CHECK(text_member((*body)["request"], "status") == "pending");
  CHECK(got[0].body.find("hunter2") == std::string::npos);
  CHECK(got[0].get_header_value_count("Content-Type") == 1);
  const std::string signature = got[0].get_header_value("Mkt-Webhook-Signature");
  const std::size_t comma = signature.find(",v1=");
  REQUIRE(comma != std::string::npos);
  const std::string time = signature.substr(2, comma - 2);
  CHECK(signature.substr(comma + 4) == hmac_sha256(kSecret, time + "." + got[0].body));
}

TEST_CASE_FIXTURE(WebhookFixture, "a new receiver is told of what happens before its first turn") {
  const Webhook fresh{receiver.url(), kSecret, {"request.create"}};
  const Webhooks webhooks(registry->market(), {fresh}, {200ms, 2ms, 2ms});
  ask("req_1");
  CHECK(receiver.wait_for(1).size() == 1);
}

TEST_CASE_FIXTURE(WebhookFixture,
                  "what was not taken is told again, in order, over a restart too") {
  receiver.status = 503;
  {
    const Webhooks webhooks(registry->market(), {hook()}, kQuick);
    ask("req_1");
    ask("req_2", "others");
    CHECK(receiver.wait_for(3).size() >= 3);
  }
  receiver.status = 204;
  const std::size_t before = receiver.wait_for(0).size();
  const Webhooks webhooks(registry->market(), {hook()}, kQuick);
  const auto got = receiver.wait_for(before + 2);
  REQUIRE(got.size() >= before + 2);
  CHECK(got[before].body.find("req_1") != std::string::npos);
  CHECK(got[before + 1].body.find("req_2") != std::string::npos);
}

TEST_CASE_FIXTURE(WebhookFixture, "two webhooks of one URL are each told of their own events") {
  Webhook denials = hook();
  denials.events = {"request.deny"};
  Webhook creations = hook();
  creations.events = {"request.create"};
  CHECK(denials.name() != creations.name());
  REQUIRE(registry->webhook_cursor(denials.name()));
  REQUIRE(registry->webhook_cursor(creations.name()));
  ask("req_1");
  REQUIRE(registry->deny_request("team", "req_1", "alice", "no", utc_now(), kActor));
  const Webhooks webhooks(registry->market(), {denials, creations}, kQuick);
  std::set<std::string> events;
  for (const auto& request : receiver.wait_for(2)) {
    events.insert(request.get_header_value("Mkt-Webhook-Event"));
  }
  CHECK(events == std::set<std::string>{"request.create", "request.deny"});
}

TEST_CASE_FIXTURE(WebhookFixture, "an event whose request cannot be read is told once it can") {
  ask("req_1");
  const auto run = [&](const char* sql) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open((folder.path() / "mktd.db").c_str(), &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
  };
  run("ALTER TABLE approvals RENAME TO away");
  const Webhooks webhooks(registry->market(), {hook()}, kQuick);
  REQUIRE(eventually([&] { return failed_reads > 1; }));
  CHECK(receiver.wait_for(0).empty());
  run("ALTER TABLE away RENAME TO approvals");
  const auto got = receiver.wait_for(1);
  REQUIRE(got.size() == 1);
  CHECK(got[0].body.find("req_1") != std::string::npos);
  CHECK(got[0].body.find(R"("request":null)") == std::string::npos);
}

TEST_CASE_FIXTURE(WebhookFixture, "a receiver that does not answer does not hold up the end") {
  receiver.silent = true;
  std::chrono::steady_clock::time_point stopped;
  {
    const Webhooks webhooks(registry->market(), {hook()}, kQuick);
    ask("req_1");
    ask("req_2", "others");
    REQUIRE(receiver.wait_for(1).size() == 1);
    stopped = std::chrono::steady_clock::now();
  }
  CHECK(std::chrono::steady_clock::now() - stopped < 5s);
  CHECK(receiver.wait_for(1).size() == 1);
}

TEST_CASE_FIXTURE(WebhookFixture, "a receiver that keeps failing is left alone for a while") {
  receiver.status = 503;
  BreakerRegistry breakers;
  const Webhooks webhooks(registry->market(), {hook()}, {1ms, 1ms, 1h}, breakers);
  ask("req_1");
  const auto is_open = [&] {
    const auto all = breakers.snapshots();
    return all.size() == 1 && all[0].name == "webhook:" + hook().name() &&
           all[0].state == BreakerState::open;
  };
  CHECK(eventually(is_open));
  CHECK(receiver.wait_for(BreakerOptions().failures).size() ==
        static_cast<std::size_t>(BreakerOptions().failures));
}

TEST_CASE_FIXTURE(WebhookFixture, "an event that is refused for good holds up nothing for ever") {
  receiver.status = 400;
  const Webhooks webhooks(registry->market(), {hook()}, {1ms, 0ms, 0ms});
  ask("req_1");
  REQUIRE(receiver.wait_for(Webhooks::kMaxRefusals).size() == Webhooks::kMaxRefusals);
  receiver.status = 200;
  ask("req_2", "others");
  const auto got = receiver.wait_for(Webhooks::kMaxRefusals + 1);
  REQUIRE(got.size() == Webhooks::kMaxRefusals + 1);
  CHECK(got.back().body.find("req_2") != std::string::npos);
}

TEST_CASE("a webhook without a good URL and secret is refused, and the secret not told") {
  CHECK(Webhook{"https://chat.acme.example/x", kSecret}.check());
  CHECK_FALSE(Webhook{"ftp://x", kSecret}.check());
  const Webhook weak{"https://x", "hunter2"};
  REQUIRE_FALSE(weak.check());
  CHECK(weak.check().error().message.find("hunter2") == std::string::npos);
  CHECK_FALSE(Webhook{"https://x", std::string(20, ' ')}.check());
  CHECK_FALSE(Webhook{"https://x", kSecret, {}}.check());
}

TEST_CASE("a webhook that no event would ever reach is refused") {
  for (const char* const pattern : {"requests.*", "version.published", "", "Version.publish"}) {
    const Status checked = Webhook{"https://x", kSecret, {"key.revoke", pattern}}.check();
    REQUIRE_FALSE(checked);
    CHECK(checked.error().message.find(fmt::format("\"{}\"", pattern)) != std::string::npos);
  }
  CHECK(Webhook{"https://x", kSecret, {"*", "request.*", "*.revoke", "history.lost"}}.check());
}

TEST_CASE("neither a name nor an error tells what of a URL may be a secret") {
  const Webhook webhook{"http://bob:hunter2@127.0.0.1:1/hook/hunter2?key=hunter2", kSecret};
  CHECK(webhook.name().find("hunter2") == std::string::npos);
  for (const std::string& url : {webhook.url, std::string("http://127.0.0.1:1?key=hunter2")}) {
    HttpClient client(1s, "the webhook");
    HttpRequest request;
    request.url = url;
    const auto answer = client.send(request);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message.find("127.0.0.1:1") != std::string::npos);
    CHECK(answer.error().message.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("HMAC-SHA256 as in RFC 4231") {
  CHECK(hmac_sha256("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace mkt
