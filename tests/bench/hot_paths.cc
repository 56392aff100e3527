// mkt-hot-paths PATH COUNT
//
// Goes one of the daemon's hot paths so many times, without a network and on one thread where the
// path has one, for scripts/count-instructions to count what it takes:
//
//   metadata   a GET of a version, from the head's bytes to the answer's, by the application
//   kept       the same from memory, as the front answers it
//   limit      a check of the rate limiter in memory
//   install    a POST of an install that the policy allows, to the commit and the answer
#include <fmt/format.h>

#include <iostream>
#include <stdexcept>

#include "common/signing/key.h"
#include "daemon/blobs/file_blobs.h"
#include "daemon/http/answer.h"
#include "daemon/http/answer_cache.h"
#include "daemon/http/pipeline.h"
#include "daemon/http/routes.h"
#include "daemon/http/text_body.h"
#include "daemon/limits/memory_limits.h"
#include "daemon/service/publish.h"
#include "daemon/service/publishers.h"
#include "daemon/service/tokens.h"
#include "daemon/store/sqlite/sqlite_store.h"

namespace mkt {
namespace {

constexpr int kConnectors = 100;
const Cors kAnyone{Cors::Readers::anyone, false, {}};

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}
void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message);
}

// A daemon without its front door.
class Daemon {
 public:
  Daemon() {
    add_catalog_routes(router_, market_, usage_, limiter_);
    add_install_routes(router_, market_, limiter_);
    const KeyRecord key = add_publisher();
    for (int i = 0; i < kConnectors; ++i) publish(fmt::format("connector-{}", i), key);
    must(keep_token(market_, kSystem, {"bench", "h", "bench", Role::admin, "", utc_now(), {}, {}}));
    const Caller admin = [&] {
      Caller caller;
      caller.token_id = caller.token_name = "bench";
      caller.role = Role::admin;
      return caller;
    }();
    member_ =
        must(create_token(market_, admin, {"bob", Role::member, "team", std::nullopt})).secret;
  }

  std::size_t get_version(int i) {
    return answer(fmt::format("GET /v1/connectors/connector-{}/1.0.0 HTTP/1.1\r\n"
                              "Host: 127.0.0.1:3456\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n",
                              i % kConnectors),
                  "");
  }

  // Another tenant's every time would need another token: one tenant installs what it has not yet,
  // and the same again.
  std::size_t install(int i) {
    const std::string body =
        fmt::format(R"({{"connectorId":"connector-{}","version":"1.0.0","config":{{"n":{}}}}})",
                    i % kConnectors, i);
    return answer(fmt::format("POST /v1/tenants/team/installs HTTP/1.1\r\nHost: 127.0.0.1:3456\r\n"
                              "Authorization: Bearer {}\r\nContent-Type: application/json\r\n"
                              "Content-Length: {}\r\n\r\n",
                              member_, body.size()),
                  body);
  }

 private:
  std::size_t answer(const std::string& text, const std::string& body) {
    const RequestHead head = must(RequestHead::parse(text));
    TextBody reader(body);
    Exchange exchange{"127.0.0.1", "0123456789abcdef", {}, {}};
    Response response =
        answer_request({market_, router_, idempotency_, usage_, limiter_}, head, reader, exchange);
    if (response.status / 100 != 2) throw std::runtime_error(response.body);
    const Answer made = make_answer(std::move(response));
    return made.head.size() + head_end(exchange.request_id, kAnyone).size();
  }

  KeyRecord add_publisher() {
    PublisherRecord p;
    p.id = p.display_name = "acme";
    p.email = "dev@acme.example";
    p.verified = true;
    p.created_at = utc_now();
    KeyRecord k;
    k.fingerprint = std::string(64, '0');
    k.key_id = "acme:0000000000000000";
    k.publisher_id = "acme";
    k.public_key = "key";
    k.created_at = p.created_at;
    must(keep_publisher(market_, kSystem, p, k));
    return k;
  }

  void publish(const std::string& id, const KeyRecord& key) {
    NewVersion n;
    n.version.connector_id = id;
    n.version.version = "1.0.0";
    n.version.manifest = fmt::format(
        R"({{"manifestVersion":"1.0","id":"{}","version":"1.0.0","displayName":"The {}",)"
        R"("author":"Tests","license":"MIT","entrypoint":"index.js","capabilities":["custom"],)"
        R"("tools":[{{"name":"t","policyClass":"READ"}}]}})",
        id, id);
    n.version.checksum = "sha256:" + std::string(64 - id.size(), '0') + id;
    n.version.size = 1000;
    n.version.signature = "{}";
    n.version.signing_key_id = key.key_id;
    n.version.published_by = key.publisher_id;
    n.version.published_at = utc_now();
    n.display_name = "The " + id;
    n.author = "Tests";
    n.capabilities = {"custom"};
    must(keep_version(market_, kSystem, n));
  }

  const TemporaryFolder folder_ =
      must(TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-hot-"));
  const std::unique_ptr<SqliteStore> store_ = must(SqliteStore::open(folder_.path() / "mktd.db"));
  const std::unique_ptr<BlobStore> blobs_ =
      must(FileBlobs::open(folder_.path() / "blobs", [](const Checksum&) { return true; }));
  Marketplace market_{.store = *store_,
                      .blobs = *blobs_,
                      .rules = Rules(),
                      .now = utc_now,
                      .challenges = {},
                      .mirrored = false};
  const Live<LimitRules> rules_{LimitRules()};
  RateLimiter limiter_{rules_, std::make_unique<MemoryLimits>()};
  Usage usage_{market_};
  Router router_;
  Idempotency idempotency_{market_, [](const Error&) {}};
  std::string member_;
};

std::size_t kept_answer(int count) {
  AnswerCache cache;
  auto kept = std::make_shared<KeptAnswer>();
  kept->answer.head = std::string(300, 'h');
  kept->answer.body = std::make_shared<const std::string>(700, 'b');
  const std::string path = "/v1/connectors/connector-1/1.0.0";
  cache.keep(path, kept);
  const std::string text =
      "GET " + path +
      " HTTP/1.1\r\nHost: 127.0.0.1:3456\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n";
  std::size_t bytes = 0;
  for (int i = 0; i < count; ++i) {
    const RequestHead head = must(RequestHead::parse(text));
    bytes += cache.find(head.path)->answer.length() + head_end("0123456789abcdef", kAnyone).size();
  }
  return bytes;
}

std::size_t limit_checks(int count) {
  constexpr int kKeys = 100;
  std::vector<LimitKey> keys;
  for (int i = 0; i < kKeys; ++i) {
    keys.push_back({LimitScope::search, fmt::format("address:10.0.0.{}", i)});
  }
  MemoryLimits limits;
  const Limit limit{100, std::chrono::minutes(15)};
  std::size_t allowed = 0;
  for (int i = 0; i < count; ++i) {
    allowed += must(limits.check(keys[static_cast<std::size_t>(i % kKeys)], limit)).allowed ? 1 : 0;
  }
  return allowed;
}

std::size_t go(const std::string& path, int count) {
  if (path == "kept") return kept_answer(count);
  if (path == "limit") return limit_checks(count);
  Daemon daemon;
  std::size_t bytes = 0;
  for (int i = 0; i < count; ++i) {
    if (path == "metadata") {
      bytes += daemon.get_version(i);
    } else if (path == "install") {
      bytes += daemon.install(i);
    } else {
      throw std::runtime_error("no such path");
    }
  }
  return bytes;
}

}  // namespace
}  // namespace mkt

int main(int argc, char** argv) {
  if (argc != 3 || !mkt::init_crypto()) {
    std::cerr << "usage: mkt-hot-paths metadata|kept|limit|install COUNT\n";
    return 2;
  }
  try {
    std::cout << mkt::go(argv[1], std::stoi(argv[2])) << "\n";
  } catch (const std::exception& e) {
    std::cerr << "mkt-hot-paths: " << e.what() << "\n";
    return 1;
  }
  return 0;
}
