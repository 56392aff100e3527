// When there are colours.
#include "cli/terminal/screen.h"

#include <doctest/doctest.h>

#include <map>

namespace mkt {
namespace {

bool colored(bool is_terminal, std::map<std::string, std::string> variables,
             bool no_color = false) {
  return color_wanted(is_terminal, no_color, [&](const char* name) { return variables[name]; });
}

TEST_CASE("a terminal has colours, a pipe has none") {
  CHECK(colored(true, {}));
  CHECK_FALSE(colored(false, {}));
}

TEST_CASE("colours are turned off by --no-color, NO_COLOR, CLICOLOR=0, a dumb terminal and CI") {
  CHECK_FALSE(colored(true, {}, /*no_color=*/true));
  CHECK_FALSE(colored(true, {{"NO_COLOR", "1"}}));
  CHECK(colored(true, {{"NO_COLOR", ""}}));  // no-color.org: when not an empty string
  CHECK_FALSE(colored(true, {{"CLICOLOR", "0"}}));
  CHECK_FALSE(colored(true, {{"TERM", "dumb"}}));
  CHECK_FALSE(colored(true, {{"CI", "true"}}));
}

TEST_CASE("colours are forced by CLICOLOR_FORCE and FORCE_COLOR, but not against NO_COLOR") {
  CHECK(colored(false, {{"CLICOLOR_FORCE", "1"}}));
  CHECK(colored(false, {{"FORCE_COLOR", "1"}}));
  CHECK_FALSE(colored(false, {{"FORCE_COLOR", "0"}}));
  CHECK(colored(true, {{"FORCE_COLOR", "1"}, {"CI", "true"}}));
  CHECK_FALSE(colored(true, {{"FORCE_COLOR", "1"}, {"NO_COLOR", "1"}}));
}

}  // namespace
}  // namespace mkt
