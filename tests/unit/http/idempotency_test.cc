// What a POST under a key gets when it comes again.
#include "daemon/http/idempotency.h"

#include <sqlite3.h>

#include "common/base/encoding.h"
#include "daemon/http/text_body.h"
#include "tests/unit/store/store_fixture.h"

namespace mkt {
namespace {

struct IdempotencyFixture : StoreFixture {
  IdempotencyFixture() {
    REQUIRE(store->add_token({"t", "h", "caller", Role::admin, "", now, {}, {}}, kActor));
  }
  // A POST of that body, answered by `handler` where it is not replayed.
  Result<Response> post(const std::string& key, const std::string& body,
                        const Idempotency::Dispatch& handler) {
    const std::string text =
        fmt::format("POST /x HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {}\r\n\r\n", key);
    const auto head = RequestHead::parse(text);
    REQUIRE(head);
    TextBody reader(body);
    Caller caller;
    caller.token_id = "t";
    caller.request_id = fmt::format("r{}", ++sent);
    Request request{*head, reader, std::move(caller), {}};
    return idempotency.answer(request, handler);
  }
  // Changes something under the request's key.
  Status add_token(const Request& request) {
    const TokenRecord token{fmt::format("n{}", ++made), "h", "n", Role::admin, "", now, {}, {}};
    return store->add_token(token, request.caller.actor());
  }
  bool is_kept(const std::string& key) { return store->first_answer("t", key, now)->has_value(); }

  UtcTime now = utc_now();
  int sent = 0, made = 0;
  std::vector<Error> reports;
  std::unique_ptr<BlobStore> blobs = *BlobStore::open(
      folder.path() / "blobs", [](const Checksum&) -> Result<bool> { return false; });
  Marketplace market{*store, *blobs, {}, [this] { return now; }};
  Idempotency idempotency{market, [this](const Error& error) { reports.push_back(error); }};
};

TEST_CASE_FIXTURE(IdempotencyFixture,
                  "a repetition gets the first answer, also with an unread body") {
  const auto handler = [&](Request& request) -> Result<Response> {
    MKT_CHECK(add_token(request));
    return json_response(201, {{"made", made}});
  };
  for (int i = 0; i < 2; ++i) {
    const auto answer = post("k", "{}", handler);
    REQUIRE(answer);
    CHECK(answer->status == 201);
    CHECK(answer->body == R"({"made":1})");
  }
  CHECK(made == 1);
  const auto other = post("k", "[]", handler);
  REQUIRE_FALSE(other);
  CHECK(other.error().code == ErrorCode::idempotency_key_reused);
}

TEST_CASE_FIXTURE(IdempotencyFixture,
                  "what was done is said, also where the answer cannot be kept") {
  const auto answer = post("k", "{}", [&](Request& request) -> Result<Response> {
    MKT_CHECK(add_token(request));
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open((folder.path() / "mktd.db").c_str(), &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "DROP TABLE idempotency_keys", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
    return json_response(201, Json::object());
  });
  REQUIRE(answer);
  CHECK(answer->status == 201);
  CHECK(reports.size() == 1);
}

TEST_CASE_FIXTURE(IdempotencyFixture, "a refusal that changed nothing takes no place") {
  const auto refused = [](Request&) -> Result<Response> {
    return Error(ErrorCode::connector_not_found, "there is none");
  };
  CHECK(post("k", "{}", refused).error().code == ErrorCode::connector_not_found);
  CHECK_FALSE(is_kept("k"));
  // One that comes after a change was committed is the answer from then on.
  const auto halfway = [&](Request& request) -> Result<Response> {
    MKT_CHECK(add_token(request));
    return Error(ErrorCode::connector_not_found, "gone since");
  };
  CHECK(post("k2", "{}", halfway).error().code == ErrorCode::connector_not_found);
  CHECK(post("k2", "{}", halfway)->status == 404);
  CHECK(made == 1);
}

TEST_CASE_FIXTURE(IdempotencyFixture, "a token has so many keys, until their time is over") {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open((folder.path() / "mktd.db").c_str(), &db) == SQLITE_OK);
  const std::string fill = fmt::format(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
      "INSERT INTO idempotency_keys (scope, key, request_hash, request_id, expires_at) "
      "SELECT 't', 'k' || i, '', '', {} FROM n",
      Idempotency::kMaxKeys, to_unix_ms(now + std::chrono::hours(1)));
  CHECK(sqlite3_exec(db, fill.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
  const auto handler = [](Request&) -> Result<Response> {
    return json_response(201, Json::object());
  };
  CHECK(post("one-more", "{}", handler).error().code == ErrorCode::rate_limited);
  now += std::chrono::hours(2);
  CHECK(post("one-more", "{}", handler)->status == 201);
}

}  // namespace
}  // namespace mkt
