// The last line against bugs and a machine in trouble: what a client is told, and what it is not.
#include "daemon/http/pipeline.h"

#include <new>
#include <stdexcept>

#include "daemon/http/text_body.h"
#include "daemon/limits/memory_limits.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

struct PipelineFixture : RegistryFixture {
  // The answer to a request that `handler` works on.
  Response ask(Handler handler) {
    Router router;
    router.add("GET", "/x", Operation("x", "X"), std::move(handler));
    const auto head = RequestHead::parse("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(head);
    TextBody body("");
    Exchange exchange{"192.0.2.1", "request-1", {}, {}};
    return answer_request({market, router, idempotency, usage, limiter}, *head, body, exchange);
  }
  // The same, for a handler that fails.
  Response fail_with(const Error& error) {
    return ask([error](Request&) -> Result<Response> { return error; });
  }

  Marketplace& market = registry->market();
  const Live<LimitRules> rules{LimitRules()};
  RateLimiter limiter{rules, std::make_unique<MemoryLimits>()};
  Usage usage{market};
  Idempotency idempotency{market, [](const Error&) {}};
};

bool holds(const Response& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

TEST_CASE_FIXTURE(PipelineFixture, "without memory a client is told to come again") {
  const Response response = ask([](Request&) -> Result<Response> { throw std::bad_alloc(); });
  CHECK(response.status == 503);
  CHECK(holds(response, R"("code":"overloaded")"));
}

TEST_CASE_FIXTURE(PipelineFixture,
                  "why this machine failed is for its log: the client gets the request's id") {
  for (const ErrorCode code :
       {ErrorCode::internal_error, ErrorCode::io_error, ErrorCode::storage_failed,
        ErrorCode::storage_full, ErrorCode::data_damaged}) {
    CAPTURE(error_code_name(code));
    const Response response =
        fail_with(Error(code, "cannot open /var/lib/mktd/mktd.db: why", {{"/var/lib", "x"}}));
    CHECK(response.status == http_status(code));
    CHECK_FALSE(holds(response, "/var/lib"));
    CHECK(holds(response, "under the request request-1"));
  }
  const Response thrown =
      ask([](Request&) -> Result<Response> { throw std::runtime_error("/var/lib/mktd is gone"); });
  CHECK(thrown.status == 500);
  CHECK_FALSE(holds(thrown, "/var/lib"));
  CHECK(holds(thrown, "request-1"));
}

TEST_CASE_FIXTURE(PipelineFixture, "what is the client's own doing is told as it is") {
  const Response response = fail_with(Error(ErrorCode::invalid_request, "q must be /x"));
  CHECK(response.status == 400);
  CHECK(holds(response, "q must be /x"));
}

}  // namespace
}  // namespace mkt
