#include "daemon/limits/redis_url.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("every form of REDIS_URL is understood") {
  const auto plain = RedisUrl::parse("redis://redis.acme.example");
  REQUIRE(plain);
  CHECK(plain->host == "redis.acme.example");
  CHECK(plain->port == 6379);
  CHECK_FALSE(plain->tls);

  const auto full = RedisUrl::parse("rediss://mktd:p%40ss%2Fword@10.0.0.5:6380/3");
  REQUIRE(full);
  CHECK(full->tls);
  CHECK(full->user == "mktd");
  CHECK(full->password == "p@ss/word");
  CHECK(full->port == 6380);
  CHECK(full->database == 3);
  CHECK(full->shown() == "rediss://10.0.0.5:6380/3");

  CHECK(RedisUrl::parse("redis://:secret@h/")->password == "secret");
  CHECK(RedisUrl::parse("redis://secret@h")->password == "secret");
  CHECK(RedisUrl::parse("redis://[::1]:7000")->host == "::1");
  CHECK(RedisUrl::parse("unix:/run/redis.sock")->socket == "/run/redis.sock");
  CHECK(RedisUrl::parse("unix:/run/redis.sock?db=2")->database == 2);
  CHECK(RedisUrl::parse("unix://u:p@/run/redis.sock")->password == "p");
}

TEST_CASE("what is no REDIS_URL is refused without being repeated") {
  for (const char* wrong :
       {"", "http://h", "redis://", "redis://:p@", "redis://h:0", "redis://h:99999", "redis://h:x",
        "redis://h/x", "redis://[::1", "unix:relative", "unix:/s?x=1", "redis://u:%zz@h"}) {
    CAPTURE(wrong);
    const auto url = RedisUrl::parse(wrong);
    REQUIRE_FALSE(url);
    CHECK(url.error().message.find("%zz") == std::string::npos);
  }
}

}  // namespace
}  // namespace mkt
