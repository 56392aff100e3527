// What a request's body may be, told all at once.
#include "common/wire/requests.h"

#include <doctest/doctest.h>

#include "common/wire/schema.h"

namespace mkt::wire {
namespace {

std::vector<std::string> findings_of(const Json& body) {
  std::vector<ErrorDetail> findings;
  KeyRevocation::read(body, findings);
  std::vector<std::string> texts;
  for (const ErrorDetail& f : findings) texts.push_back(f.path + " " + f.message);
  return texts;
}

TEST_CASE("a request is read as it was written") {
  NewKey key;
  key.public_key = "a2V5";
  key.expires_at = parse_utc("2030-01-31T12:00:00Z");
  key.proof = KeyProofPart{"challenge", "signature"};
  key.endorsement = EndorsementPart{"acme:0123456789abcdef", "signature", true};
  std::vector<ErrorDetail> findings;
  const NewKey read = NewKey::read(key.to_json(), findings);
  CHECK(findings.empty());
  CHECK(read.to_json() == key.to_json());
  CHECK(key.to_json()["expiresAt"] == "2030-01-31T12:00:00.000Z");
}

TEST_CASE("all that is wrong with a request is told") {
  CHECK(findings_of({{"reasonCode", 7},
                     {"reason", ""},
                     {"compromisedSince", "yesterday"},
                     {"dryRun", "yes"}}) ==
        std::vector<std::string>{"reasonCode must be a string", "reason must not be empty",
                                 "compromisedSince must be an RFC 3339 time",
                                 "dryRun must be true or false"});
  CHECK(findings_of(Json::object()) == std::vector<std::string>{"reason is missing"});
}

TEST_CASE("a text is bounded in characters and holds no control character") {
  std::string umlauts;
  for (std::size_t i = 0; i < kMaxReason; ++i) umlauts += "ä";
  CHECK(findings_of({{"reason", umlauts}}).empty());
  const std::vector<std::string> wrong = {
      "reason must be a text of at most 500 characters, without control characters"};
  CHECK(findings_of({{"reason", umlauts + "x"}}) == wrong);
  CHECK(findings_of({{"reason", "a\nb"}}) == wrong);
}

TEST_CASE("what is wrong inside of a part has its path") {
  std::vector<ErrorDetail> findings;
  Approval::read({{"signature", {{"keyId", 1}, {"signature", "x"}}}}, findings);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].path == "signature.keyId");
  findings.clear();
  Approval::read({{"signature", "x"}}, findings);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].message == "must be an object");
}

TEST_CASE("a schema says what a request must have") {
  Schemas schemas;
  CHECK(KeyRevocation::schema(schemas) == Json{{"$ref", "#/components/schemas/KeyRevocation"}});
  const Json& schema = schemas.all()["KeyRevocation"];
  CHECK(schema["required"] == Json{"reasonCode", "reason"});
  CHECK(schema["properties"]["reason"] == Json{{"type", "string"}, {"maxLength", 500}});
  CHECK(schema["properties"]["dryRun"]["type"] == "boolean");
}

}  // namespace
}  // namespace mkt::wire
