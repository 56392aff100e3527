#include "common/connector/visibility.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace mkt {
namespace {

TEST_CASE("a visibility is everyone, or tenants in order, each once") {
  CHECK(parse_visibility("everyone")->empty());
  CHECK(*parse_visibility("tenants:beta,acme,beta") == std::vector<std::string>{"acme", "beta"});
  CHECK(visibility_text({}) == "everyone");
  CHECK(visibility_text({"acme", "beta"}) == "tenants:acme,beta");
}

TEST_CASE("a visibility that names no tenant is none, and is not everyone") {
  for (const char* text : {"", "tenants:", "tenants:,", "tenants:a,", "tenants:A", "tenants: a",
                           "Everyone", "none", "tenants:a,,b", "tenants:everyone\n"}) {
    INFO(text);
    CHECK_FALSE(parse_visibility(text));
  }
}

TEST_CASE("a visibility has at most 100 tenants") {
  std::string text = "tenants:t0";
  for (int i = 1; i < 100; ++i) text += fmt::format(",t{}", i);
  CHECK(parse_visibility(text));
  CHECK_FALSE(parse_visibility(text + ",more"));
}

}  // namespace
}  // namespace mkt
