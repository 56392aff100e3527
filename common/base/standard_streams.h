// Standard input, output and error: that all three are there, and what a failure to write means.
//
// What is printed on standard output is the result, so a failure counts: flush_stdout tells it.
// Standard error has messages, and a failure to write one could be told nowhere. Both go through
// stdio. Thread-safe, but for hold_standard_descriptors.
#pragma once

#include <string_view>

#include "common/base/result.h"

namespace mkt {

// To be called before anything is opened. A program may be started with descriptor 0, 1 or 2
// closed; the next file to be opened would get that number, and with it whatever is printed. Each
// closed one is opened on /dev/null the wrong way round, so that reading or writing fails as before
// (EBADF).
void hold_standard_descriptors();

// A failure is ignored here, and found by flush_stdout.
void write_to_stdout(std::string_view text);
// A failure is ignored.
void write_to_stderr(std::string_view text);

// io_error where anything printed on standard output since the start could not be written.
Status flush_stdout();

}  // namespace mkt
