// The fields and types that readers of the older registry's documents know.
#include "daemon/mirror/older_documents.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/mirror/firestore_value.h"

namespace mkt {
namespace {

constexpr std::int64_t kTime = 1767225600123;
constexpr const char* kTimeText = "2026-01-01T00:00:00.123Z";
const Json kMoment{{"timestampValue", kTimeText}};

Json text(const std::string& value) { return {{"stringValue", value}}; }
Json number(int value) { return {{"integerValue", std::to_string(value)}}; }
Json texts(const std::vector<std::string>& values) {
  Json list = Json::array();
  for (const std::string& value : values) list.push_back(text(value));
  return {{"arrayValue", {{"values", list}}}};
}

DocumentName name_of(DocumentKind kind) { return {kind, {"a", "b"}}; }

// What a restore puts into the store's columns: all that was there, and nothing else in its place.
void check_comes_back(DocumentKind kind, const Json& content,
                      const std::vector<std::string>& but = {}) {
  const auto back = content_of_fields(older_fields(name_of(kind), content));
  REQUIRE(back);
  for (const auto& [member, value] : content.items()) {
    CAPTURE(member);
    if (value.is_null()) {
      CHECK_FALSE(back->contains(member));
    } else if (std::find(but.begin(), but.end(), member) == but.end()) {
      REQUIRE(back->contains(member));
      CHECK((*back)[member] == value);
    }
  }
}

Json connector() {
  return {{"num", 7},
          {"id", "hello"},
          {"owner", "acme"},
          {"latestVersion", "1.1.0"},
          {"displayName", "Hello"},
          {"description", ""},
          {"author", "Acme"},
          {"capabilities", R"(["vcs","database"])"},
          {"downloads", 12},
          {"createdAt", kTime},
          {"updatedAt", kTime},
          {"owners", Json::array({{{"publisherId", "acme"}, {"addedAt", kTime}}})},
          {"verified", true},
          {"license", "MIT"},
          {"repositoryUrl", "https://acme.example/hello"},
          {"documentationUrl", nullptr},
          {"keywords", R"(["greeting"])"},
          {"versions", R"(["1.1.0","1.0.0"])"}};
}

TEST_CASE("a connector has the fields and types that older readers list by") {
  const Json f = older_fields(name_of(DocumentKind::connector), connector());
  for (const char* name : {"id", "displayName", "description", "author", "latestVersion"}) {
    CAPTURE(name);
    CHECK(f[name].contains("stringValue"));
  }
  CHECK(f["license"] == text("MIT"));
  CHECK(f["repositoryUrl"] == text("https://acme.example/hello"));
  CHECK_FALSE(f.contains("documentationUrl"));
  CHECK_FALSE(f.contains("iconUrl"));
  CHECK(f["capabilities"] == texts({"vcs", "database"}));
  CHECK(f["categories"] == texts({"version-control", "infrastructure"}));
  CHECK(f["tags"] == texts({"vcs", "database", "greeting"}));
  CHECK(f["versions"] == texts({"1.1.0", "1.0.0"}));
  CHECK(f["totalDownloads"] == number(12));
  CHECK(f["downloads"] == number(12));
  CHECK(f["verified"] == Json{{"booleanValue", true}});
  CHECK(f["featured"] == Json{{"booleanValue", false}});
  for (const char* name : {"createdAt", "updatedAt", "updated"}) CHECK(f[name] == kMoment);
  check_comes_back(DocumentKind::connector, connector(), {"versions", "keywords"});
}

TEST_CASE("capabilities that no category was for are other") {
  Json content = connector();
  content["capabilities"] = R"(["custom"])";
  const Json f = older_fields(name_of(DocumentKind::connector), content);
  CHECK(f["categories"] == texts({"other"}));
}

Json version() {
  return {{"connectorId", "hello"},
          {"version", "1.0.0+b"},
          {"manifest", R"({"zeta":1,"id":"hello","changelog":"new","createdAt":5,"part":0.5})"},
          {"checksum", "sha256:00"},
          {"size", 4096},
          {"signature", R"({"version":"1.0","keyId":"acme:00"})"},
          {"signingKeyId", "acme:00"},
          {"publishedAt", kTime},
          {"publishedBy", "acme"},
          {"downloads", 3},
          {"prerelease", false},
          {"deprecated", false},
          {"deprecationReason", ""},
          {"quarantined", false},
          {"seq", 5},
          {"capabilities", "[]"},
          {"policyClasses", R"(["READ"])"}};
}

TEST_CASE("a version's manifest is a map, and its tarball has address, checksum and size") {
  const Json f = older_fields(name_of(DocumentKind::version), version());
  CHECK(f["tarballUrl"] == text("/v1/connectors/hello/1.0.0%2Bb/tarball"));
  CHECK(f["signatureUrl"] == text("/v1/connectors/hello/1.0.0%2Bb/signature"));
  CHECK(f["tarballChecksum"] == text("sha256:00"));
  CHECK(f["tarballSize"] == number(4096));
  CHECK(f["publishedAt"] == kMoment);
  const Json& manifest = f["manifest"]["mapValue"]["fields"];
  CHECK(manifest["id"] == text("hello"));
  CHECK(manifest["createdAt"] == number(5));
  CHECK(manifest["part"] == Json{{"doubleValue", 0.5}});
  CHECK(f["changelog"] == text("new"));
  CHECK_FALSE(f.contains("releaseNotes"));
  CHECK_FALSE(f.contains("deprecationReason"));
  CHECK(f["capabilities"] == texts({}));
  // Byte for byte, in the order in which it was published.
  check_comes_back(DocumentKind::version, version());

  Json deprecated = version();
  deprecated["deprecationReason"] = "old";
  CHECK(older_fields(name_of(DocumentKind::version), deprecated)["deprecationReason"] ==
        text("old"));
}

TEST_CASE("what Firestore cannot hold as a map stays text") {
  for (
      const char* hostile :
      {R"({"lists":[[1]]})", R"({"":1})", R"({"__name__":1})",
       R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}}}}}}}})",
       "[", ""}) {
    CAPTURE(hostile);
    Json content = version();
    content["manifest"] = hostile;
    const Json f = older_fields(name_of(DocumentKind::version), content);
    CHECK(f["manifest"] == text(hostile));
    check_comes_back(DocumentKind::version, content);
  }
  Json large = version();
  large["manifest"] = dump_json({{"padding", std::string(500'000, 'x')}});
  CHECK(older_fields(name_of(DocumentKind::version), large)["manifest"].contains("stringValue"));
  Json many = Json::object();
  for (int i = 0; i < 6'000; ++i) many[std::to_string(i)] = i;
  CHECK_FALSE(fits_firestore(many));
}

Json key(const char* id, const char* status, const Json& revoked_at) {
  return {{"keyId", id},
          {"publicKey", "AA=="},
          {"fingerprint", "00"},
          {"status", status},
          {"createdAt", kTime},
          {"expiresAt", nullptr},
          {"revokedAt", revoked_at},
          {"reasonCode", "superseded"},
          {"reason", "lost"}};
}

TEST_CASE("within a publisher's keys times are text, and a retired key is expired") {
  const Json content{{"id", "acme"},
                     {"displayName", "Acme"},
                     {"email", "a@acme.example"},
                     {"status", "suspended"},
                     {"statusReason", "under review"},
                     {"verified", true},
                     {"createdAt", kTime - 5},
                     {"publicKeys", Json::array({key("acme:1", "active", nullptr),
                                                 key("acme:2", "retired", nullptr)})},
                     {"revokedKeys", Json::array({key("acme:3", "revoked", kTime)})}};
  const Json f = older_fields(name_of(DocumentKind::publisher), content);
  CHECK(f["suspensionReason"] == text("under review"));
  CHECK(f["verifiedAt"] == Json{{"nullValue", nullptr}});
  CHECK(f["updatedAt"] == kMoment);
  const Json& keys = f["publicKeys"]["arrayValue"]["values"];
  REQUIRE(keys.size() == 2);
  const Json& first = keys[0]["mapValue"]["fields"];
  CHECK(first["createdAt"] == text(kTimeText));
  CHECK(first["status"] == text("active"));
  CHECK_FALSE(first.contains("revokedAt"));
  CHECK_FALSE(first.contains("expiresAt"));
  CHECK(keys[1]["mapValue"]["fields"]["status"] == text("expired"));
  const Json& revoked = f["revokedKeys"]["arrayValue"]["values"][0]["mapValue"]["fields"];
  CHECK(revoked["revokedAt"] == text(kTimeText));
  CHECK(revoked["revocationReason"] == text("lost"));
  check_comes_back(DocumentKind::publisher, content);
}

TEST_CASE("an install request counts its approvals and has the older key") {
  const Json content{
      {"num", 1},
      {"id", "req_1"},
      {"tenantId", "team"},
      {"connectorId", "hello"},
      {"version", "1.0.0"},
      {"config", R"({"b":1,"a":{"createdAt":2}})"},
      {"status", "cancelled"},
      {"requestedBy", "bob"},
      {"requestedAt", kTime - 9},
      {"expiresAt", kTime},
      {"minApprovals", 0},
      {"decidedAt", nullptr},
      {"reason", ""},
      {"approvals",
       Json::array({{{"requestNum", 1}, {"approver", "alice"}, {"approvedAt", kTime}}})}};
  const Json f = older_fields(name_of(DocumentKind::install_request), content);
  CHECK(f["status"] == text("expired"));
  CHECK(f["requiredApprovals"] == number(1));
  CHECK(f["currentApprovalCount"] == number(1));
  CHECK(f["approvalIds"] == texts({"alice"}));
  // printf %s team:hello:1.0.0 | sha256sum | cut -c1-32
  CHECK(f["idempotencyKey"] == text("89cfc1ae797eb47edc2b64f4303d2916"));
  CHECK(f["policyId"].contains("stringValue"));
  CHECK(f["updatedAt"] == kMoment);
  CHECK(f["createdAt"].contains("timestampValue"));
  CHECK_FALSE(f.contains("denialReason"));
  CHECK(f["config"]["mapValue"]["fields"]["a"]["mapValue"]["fields"]["createdAt"] == number(2));
  check_comes_back(DocumentKind::install_request, content);
}

TEST_CASE("an installation is installed, under the id of its connector") {
  const Json content{{"tenantId", "team"},   {"connectorId", "hello"}, {"version", "1.0.0"},
                     {"config", "{}"},       {"requestId", "req_1"},   {"installedBy", "bob"},
                     {"installedAt", kTime}, {"updatedAt", kTime}};
  const Json f = older_fields(name_of(DocumentKind::installation), content);
  CHECK(f["id"] == text("hello"));
  CHECK(f["status"] == text("installed"));
  CHECK(f["approvalId"] == text("req_1"));
  CHECK(f["installedAt"] == kMoment);
  CHECK(f["lastUsedAt"] == Json{{"nullValue", nullptr}});
  CHECK(f["config"] == Json{{"mapValue", {{"fields", Json::object()}}}});
  check_comes_back(DocumentKind::installation, content);
}

TEST_CASE("what an earlier mktd wrote is read as it is") {
  const auto back = content_of_fields(earlier_fields(name_of(DocumentKind::version), version()));
  REQUIRE(back);
  CHECK(*back == version());
}

}  // namespace
}  // namespace mkt
