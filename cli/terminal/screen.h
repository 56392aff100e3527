// Screen: where a command's output goes: a terminal of some width, with or without colours, or a
// pipe.
//
// Colours: --no-color and NO_COLOR (no-color.org) turn them off; CLICOLOR_FORCE and FORCE_COLOR
// turn them on; else a terminal has them, but for TERM=dumb, CLICOLOR=0, and in CI. A value.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace mkt {

struct Screen {
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool out_is_file = false;  // what is printed there is in nobody's log
  bool out_color = false;
  bool err_color = false;
  std::size_t columns = 80;  // of a terminal
  std::size_t rows = 24;

  // What a variable holds; empty where it is not set.
  using Environment = std::function<std::string(const char* name)>;

  // Of the process's stdout and stderr. COLUMNS, where it is a number, is the width.
  static Screen of_process(bool no_color);
};

bool color_wanted(bool is_terminal, bool no_color, const Screen::Environment& environment);

// Whether this is a CI job, by the variable CI that all of them set.
bool is_ci(const Screen::Environment& environment);
Screen::Environment process_environment();

}  // namespace mkt
