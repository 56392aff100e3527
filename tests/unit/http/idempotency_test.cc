// What a POST under a key gets when it comes again.
#include "daemon/http/idempotency.h"

#include <sqlite3.h>

#include <algorithm>

#include "common/base/encoding.h"
#include "common/base/json.h"
#include "daemon/http/fields.h"
#include "daemon/http/text_body.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

struct IdempotencyFixture : RegistryFixture {
  IdempotencyFixture() {
    market.now = [this] { return now; };
    REQUIRE(registry->add_token({"t", "h", "caller", Role::admin, "", now, {}, {}}, kActor));
  }
  // A POST of that body, answered by `handler` where it is not replayed.
  Result<Response> post(const std::string& key, const std::string& body,
                        const Idempotency::Dispatch& handler) {
    const std::string text =
        fmt::format("POST /x HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {}\r\n\r\n", key);
    const auto head = RequestHead::parse(text);
    REQUIRE(head);
    TextBody reader(body);
    return post(*head, reader, handler);
  }
  Result<Response> post(const RequestHead& head, BodyReader& reader,
                        const Idempotency::Dispatch& handler) {
    Caller caller;
    caller.token_id = "t";
    caller.request_id = fmt::format("r{}", ++sent);
    Request request{head, reader, std::move(caller), {}};
    return idempotency.answer(request, handler, [this](Request&) -> Status {
      ++gates_asked;
      if (gates_closed) return Error(ErrorCode::rate_limited, "too many");
      return {};
    });
  }
  // A POST of so many bytes, without a key of its own header line where `lines` has one.
  static RequestHead head_with(std::string_view lines) {
    auto head = RequestHead::parse(fmt::format("POST /x HTTP/1.1\r\nHost: x\r\n{}\r\n", lines));
    REQUIRE(head);
    return std::move(*head);
  }
  // Changes something under the request's key.
  Status add_token(const Request& request) {
    const TokenRecord token{fmt::format("n{}", ++made), "h", "n", Role::admin, "", now, {}, {}};
    return registry->add_token(token, request.caller.actor());
  }
  bool is_kept(const std::string& key) {
    return registry->first_answer("t", key, now)->has_value();
  }

  UtcTime now = utc_now();
  int sent = 0, made = 0, gates_asked = 0;
  bool gates_closed = false;
  std::vector<Error> reports;
  Marketplace& market = registry->market();
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

// A body of one letter that is in nobody's memory, and what was asked of it.
struct LongBody : BodyReader {
  LongBody(std::uint64_t n, char c) : size(n), letter(c) {}
  std::uint64_t length() const override { return size; }
  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    largest_piece = std::max(largest_piece, into.size());
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size - given));
    std::fill_n(into.begin(), n, static_cast<std::uint8_t>(letter));
    given += n;
    return n;
  }
  void only_compare() override { compared = true; }

  std::uint64_t size, given = 0;
  char letter;
  std::size_t largest_piece = 0;
  bool compared = false;
};

constexpr std::uint64_t kLong = 50ULL * 1024 * 1024;

TEST_CASE_FIXTURE(IdempotencyFixture, "a long body that comes again is hashed as it passes") {
  const RequestHead head = head_with("Idempotency-Key: k\r\n");
  const auto handler = [&](Request& request) -> Result<Response> {
    Bytes piece(1024 * 1024);
    for (;;) {
      MKT_TRY(const std::size_t n, request.body.read(piece));
      if (n == 0) break;
    }
    ++made;
    return json_response(201, {{"made", made}});
  };
  LongBody first(kLong, 'a');
  CHECK(post(head, first, handler)->status == 201);
  CHECK_FALSE(first.compared);
  CHECK(gates_asked == 0);  // by the handler itself

  LongBody again(kLong, 'a');
  CHECK(post(head, again, handler)->body == R"({"made":1})");
  CHECK(again.compared);
  CHECK(again.largest_piece <= 1024 * 1024);
  CHECK(gates_asked == 1);

  LongBody other(kLong, 'b');
  CHECK(post(head, other, handler).error().code == ErrorCode::idempotency_key_reused);
  // Another length is another body: not a byte of it is read.
  for (const std::uint64_t length : {kLong + 1, kLong - 1, std::uint64_t{10}}) {
    LongBody unlike(length, 'a');
    CHECK(post(head, unlike, handler).error().code == ErrorCode::idempotency_key_reused);
    CHECK((unlike.given == 0 || length < kMaxSmallBodyBytes));
  }
  CHECK(made == 1);
}

TEST_CASE_FIXTURE(IdempotencyFixture, "under the key of a small body a long one is not read") {
  const auto handler = [&](Request&) -> Result<Response> {
    return json_response(201, Json::object());
  };
  CHECK(post("k", "{}", handler)->status == 201);
  LongBody body(kLong, ' ');
  CHECK(post(head_with("Idempotency-Key: k\r\n"), body, handler).error().code ==
        ErrorCode::idempotency_key_reused);
  CHECK(body.given == 0);
  CHECK(gates_asked == 1);
}

TEST_CASE_FIXTURE(IdempotencyFixture, "a retry counts against the limits of its route") {
  const auto handler = [&](Request&) -> Result<Response> {
    return json_response(201, Json::object());
  };
  CHECK(post("k", "{}", handler)->status == 201);
  gates_closed = true;
  CHECK(post("k", "{}", handler).error().code == ErrorCode::rate_limited);
  LongBody body(kLong, ' ');
  CHECK(post(head_with("Idempotency-Key: k\r\n"), body, handler).error().code ==
        ErrorCode::rate_limited);
  CHECK(body.given == 0);
}

TEST_CASE_FIXTURE(IdempotencyFixture, "the older protocol's header, member order and answer") {
  const auto handler = [&](Request&) -> Result<Response> {
    return json_response(201, {{"made", ++made}});
  };
  const RequestHead head = head_with("Idempotency-Key: other\r\nX-Idempotency-Key: older-1\r\n");
  TextBody first(R"({"connectorId":"a","config":{"x":1,"y":2}})");
  CHECK(post(head, first, handler)->status == 201);
  CHECK(is_kept("older-1"));
  CHECK_FALSE(is_kept("other"));
  TextBody again(R"({"config":{"y":2,"x":1},"connectorId":"a"})");
  const auto replayed = post(head, again, handler);
  REQUIRE(replayed);
  CHECK(replayed->status == 201);
  CHECK(replayed->body == R"({"made":1})");
  const auto header = [&](std::string_view name) {
    for (const auto& [n, value] : replayed->headers) {
      if (n == name) return value;
    }
    return std::string();
  };
  CHECK(header("X-Idempotency-Replayed") == "true");
  CHECK(header("X-Idempotency-Key") == "older-1");
  CHECK(header("Idempotency-Replayed") == "true");
  TextBody different(R"({"config":{"y":2,"x":2},"connectorId":"a"})");
  CHECK(post(head, different, handler).error().code == ErrorCode::idempotency_key_reused);
}

TEST_CASE_FIXTURE(IdempotencyFixture, "while the first is at work the second is told when to ask") {
  const auto handler = [&](Request&) -> Result<Response> {
    const auto second = post("k", "{}", [](Request&) -> Result<Response> {
      FAIL("answered twice");
      return Response();
    });
    REQUIRE(second);
    CHECK(second->status == 409);
    const auto body = parse_json(second->body, "the answer");
    REQUIRE(body);
    CHECK((*body)["error"] == "Request in progress");
    CHECK((*body)["code"] == "in_progress");
    CHECK((*body)["key"] == "k");
    CHECK(std::find(second->headers.begin(), second->headers.end(),
                    std::pair<std::string, std::string>("Retry-After", "5")) !=
          second->headers.end());
    return json_response(201, Json::object());
  };
  CHECK(post("k", "{}", handler)->status == 201);
}

TEST_CASE_FIXTURE(IdempotencyFixture,
                  "an answer that a crash lost: another long body does nothing") {
  const RequestHead head = head_with("Idempotency-Key: k\r\n");
  int read_whole = 0;
  const auto handler = [&](Request& request) -> Result<Response> {
    Bytes piece(1024 * 1024);
    for (std::size_t n = 1; n > 0;) {
      MKT_TRY(n, request.body.read(piece));
    }
    ++read_whole;
    MKT_CHECK(add_token(request));
    return Error(ErrorCode::io_error, "the answer is lost");
  };
  LongBody first(kLong, 'a');
  CHECK(post(head, first, handler).error().code == ErrorCode::io_error);
  REQUIRE(is_kept("k"));
  LongBody other(kLong, 'b');
  CHECK(post(head, other, handler).error().code == ErrorCode::idempotency_key_reused);
  CHECK(read_whole == 1);
  LongBody again(kLong, 'a');
  CHECK(post(head, again, handler).error().code == ErrorCode::answer_lost);
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
