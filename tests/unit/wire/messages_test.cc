// Messages: what one program writes the other reads, and a stranger's answer is an error, not a
// crash.
#include "common/wire/messages.h"

#include <doctest/doctest.h>

namespace mkt::wire {
namespace {

TEST_CASE("a version survives the wire") {
  VersionInfo v;
  v.id = "github";
  v.version = "1.4.0";
  v.manifest = Json{{"id", "github"}};
  v.tarball_url = "/v1/connectors/github/1.4.0/tarball";
  v.tarball_checksum = "sha256:00";
  v.tarball_size = 123;
  v.signing_key_id = "acme:0123456789abcdef";
  v.downloads = 7;
  v.deprecated = true;
  v.deprecation_reason = "old";
  const auto read = VersionInfo::parse(v.to_json());
  REQUIRE(read);
  CHECK(read->to_json() == v.to_json());
}

TEST_CASE("a list of keys survives the wire, with what was revoked") {
  KeyListing list;
  list.sequence = 42;
  KeyInfo key;
  key.key_id = "acme:0123456789abcdef";
  key.publisher_id = "acme";
  key.status = "revoked";
  key.revoked_at = "2026-01-31T12:00:00.000Z";
  key.reason_code = "compromised";
  list.keys.push_back(key);
  const auto read = KeyListing::parse(list.to_json());
  REQUIRE(read);
  CHECK(read->to_json() == list.to_json());
}

TEST_CASE("an answer with a field of another type is refused, one with unknown fields is not") {
  VersionInfo v;
  v.id = "github";
  Json json = v.to_json();
  json["somethingNew"] = true;
  CHECK(VersionInfo::parse(json));
  for (const char* field :
       {"id", "version", "tarballSize", "tarballChecksum", "quarantined", "deprecated"}) {
    CAPTURE(std::string(field));
    Json wrong = v.to_json();
    wrong[field] = Json::array({1});
    CHECK(!VersionInfo::parse(wrong));
  }
  Json negative = v.to_json();
  negative["tarballSize"] = -1;
  CHECK(!VersionInfo::parse(negative));
  CHECK(!VersionInfo::parse(Json::array()));
  CHECK(!KeyListing::parse(Json{{"sequence", "x"}}));
}

TEST_CASE("an error's code and details survive the wire") {
  const Error e = parse_error(
      422,
      R"({"error":"bad","code":"manifest_invalid","message":"bad","details":[{"path":"id","message":"is missing"}]})");
  CHECK(e.code == ErrorCode::manifest_invalid);
  CHECK(e.message == "bad");
  REQUIRE(e.details.size() == 1);
  CHECK(e.details[0].path == "id");
}

TEST_CASE("an answer that is no error document gives the error of its status") {
  CHECK(parse_error(502, "<html>bad gateway</html>").code == error_code_for_http_status(502));
  CHECK(parse_error(404, "").code == ErrorCode::not_found);
  CHECK(parse_error(409, R"({"code":"brand_new","message":"new"})").code ==
        error_code_for_http_status(409));
  CHECK(!parse_error(500, R"({"message":42})").message.empty());
}

}  // namespace
}  // namespace mkt::wire
