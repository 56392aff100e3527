#include "cli/client/config_file.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("a new setting is a new last line") {
  CHECK(*with_setting("", "tenant", "team") == "tenant = \"team\"\n");
  CHECK(*with_setting("# mine", "tenant", "team") == "# mine\ntenant = \"team\"\n");
}

TEST_CASE("one line changes, and every comment stays") {
  const std::string text =
      "# top\n"
      "registry= 'http://a.example' # ours, not '#'\n"
      "\n"
      "  max-entries = 10# few\r\n"
      "tenant = \"a\\\"b # c\"\n";
  CHECK(*with_setting(text, "registry", "https://b.example") ==
        "# top\n"
        "registry= \"https://b.example\" # ours, not '#'\n"
        "\n"
        "  max-entries = 10# few\r\n"
        "tenant = \"a\\\"b # c\"\n");
  CHECK(*with_setting(text, "max_entries", "20") ==
        "# top\n"
        "registry= 'http://a.example' # ours, not '#'\n"
        "\n"
        "  max-entries = 20# few\r\n"
        "tenant = \"a\\\"b # c\"\n");
  CHECK(*with_setting(text, "tenant", "team") ==
        "# top\n"
        "registry= 'http://a.example' # ours, not '#'\n"
        "\n"
        "  max-entries = 10# few\r\n"
        "tenant = \"team\"\n");
}

TEST_CASE("what was written is read back, whatever it is") {
  for (const std::string value : {"a\"b\\c", "true", "20000", "007", "a # b", "tab\there", "ü"}) {
    CAPTURE(value);
    const auto once = with_setting("", "token", value);
    REQUIRE(once);
    const auto again = with_setting(*once + "# end\n", "token", value);
    REQUIRE(again);
    CHECK(*again == *once + "# end\n");
  }
}

TEST_CASE("a setting under two spellings of its name is set once") {
  CHECK(*with_setting("token-file = \"/a\"\ntoken_file = \"/b\"\n", "token_file", "/c") ==
        "token_file = \"/c\"\n");
}

TEST_CASE("a removed setting takes its line along, and no other") {
  CHECK(**without_setting("# a\ntenant = \"t\"  # mine\n# b\n", "tenant") == "# a\n# b\n");
  CHECK(**without_setting("tenant = \"t\"", "tenant") == "");
  CHECK_FALSE(without_setting("# tenant = \"t\"\n", "tenant")->has_value());
}

TEST_CASE("a file that is not TOML is left alone") {
  CHECK(with_setting("tenant\n", "tenant", "team").error().code == ErrorCode::usage_error);
  CHECK(without_setting("tenant\n", "tenant").error().code == ErrorCode::usage_error);
}

}  // namespace
}  // namespace mkt
