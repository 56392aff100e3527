// Long texts on a terminal go through a pager: MKT_PAGER, PAGER, or less.
//
// Nothing is paged where stdout is no terminal, where the text fits the screen, or where the pager
// is set to nothing or to `cat`.
#pragma once

#include <string_view>

#include "cli/terminal/screen.h"

namespace mkt {

// Prints the text; through the pager where it is longer than the screen.
void print_paged(std::string_view text, const Screen& screen);

}  // namespace mkt
