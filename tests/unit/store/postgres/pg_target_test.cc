#include "daemon/store/postgres/pg_target.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace mkt::postgres {
namespace {

std::string setting(const PgTarget::Settings& settings, std::string_view name) {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&](const auto& s) { return s.first == name; });
  return found == settings.end() ? "" : found->second;
}

TEST_CASE("PgTarget: each host of a URL is one to try, with its port") {
  const auto target = PgTarget::parse("postgresql://mktd@a:1,b:2,c:3/market");
  REQUIRE(target);
  REQUIRE(target->hosts().size() == 3);
  CHECK(setting(target->hosts()[1], "host") == "b");
  CHECK(setting(target->hosts()[1], "port") == "2");
  CHECK(setting(target->hosts()[2], "dbname") == "market");
  CHECK(setting(target->hosts()[2], "target_session_attrs") == "read-write");
  CHECK(target->place() == "a,b,c/market");
}

TEST_CASE("PgTarget: what the URL says wins, and its options are added to ours") {
  const auto target =
      PgTarget::parse("postgresql://a/market?target_session_attrs=any&options=-csearch_path%3Dmkt");
  REQUIRE(target);
  CHECK(setting(target->hosts()[0], "target_session_attrs") == "any");
  const std::string options = setting(target->hosts()[0], "options");
  CHECK(options.find("-c lock_timeout=") != std::string::npos);
  CHECK(options.ends_with("-csearch_path=mkt"));
}

TEST_CASE("PgTarget: a URL that cannot be read is not repeated: it may have a password") {
  const auto target = PgTarget::parse("postgresql://mktd:s3cret@a/market?no_such=option");
  REQUIRE_FALSE(target);
  CHECK(target.error().code == ErrorCode::invalid_input);
  CHECK(target.error().message.find("s3cret") == std::string::npos);
  CHECK(PgTarget::parse("postgresql://mktd:s3cret@a/market")->place() == "a/market");
  // What people are shown is a URL that leads there, if they know the password.
  CHECK(PgTarget::parse("postgres://mktd:s3cret@a:1,b/market?sslpassword=s3cret")->shown_url() ==
        "postgresql://mktd@a:1,b/market");
  CHECK(PgTarget::parse("host=a password=s3cret dbname=market")->shown_url() ==
        "postgresql://a/market");
}

}  // namespace
}  // namespace mkt::postgres
