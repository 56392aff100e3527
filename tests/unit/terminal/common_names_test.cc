// Documents have one name for one thing beside the older ones.
#include "cli/terminal/common_names.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("the older names of the registry protocol get the common ones beside them") {
  Json document = Json::parse(R"({"connectors": [{"id": "slack", "version": "1.0.0",
      "tarballChecksum": "sha256:00", "tarballSize": 7, "signingKeyId": "acme:1"}]})");
  add_common_names(document);
  const Json& row = document["connectors"][0];
  CHECK(row["connectorId"] == "slack");
  CHECK(row["checksum"] == "sha256:00");
  CHECK(row["size"] == 7);
  CHECK(row["keyId"] == "acme:1");
  CHECK(row["tarballChecksum"] == "sha256:00");
}

TEST_CASE("an id without a version beside it is not a connector's") {
  for (const char* text : {R"({"id": "t-1", "role": "admin"})", R"({"id": "acme"})"}) {
    Json document = Json::parse(text);
    add_common_names(document);
    CHECK(!document.contains("connectorId"));
  }
}

TEST_CASE("a published manifest stays as it is") {
  Json document = {
      {"id", "x"}, {"version", "1.0.0"}, {"manifest", {{"id", "x"}, {"version", "1.0.0"}}}};
  add_common_names(document);
  CHECK(document["connectorId"] == "x");
  CHECK(document["manifest"].size() == 2);
}

TEST_CASE("a request keeps its own id and its connector's") {
  Json document = {{"id", "req_1"}, {"connectorId", "slack"}, {"version", "1.0.0"}};
  add_common_names(document);
  CHECK(document["connectorId"] == "slack");
}

}  // namespace
}  // namespace mkt
