// A line that follows what takes its time: bar, share, rate, time left.
//
// On a terminal it appears after half a second and is wiped at the end; the result says what was
// done. Elsewhere (CI) a line is printed now and then. Ctrl-C wipes the line and says what was left
// as it was. Use from one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "cli/terminal/screen.h"

namespace mkt {

// What is counted: bytes, or things such as connectors, which have no rate worth telling.
enum class ProgressUnit { bytes, things };

// What the line says, at most `columns` wide.
std::string progress_line(const std::string& what, ProgressUnit unit, std::uint64_t done,
                          std::uint64_t total, std::chrono::milliseconds elapsed,
                          std::size_t columns);

// Called with what is done and all there is. `now` is the time since any moment.
using ProgressClock = std::function<std::chrono::milliseconds()>;
using ProgressWriter = std::function<void(const std::string& text)>;
std::function<void(std::uint64_t done, std::uint64_t total)> follow_progress(std::string what,
                                                                             ProgressUnit unit,
                                                                             const Screen& screen,
                                                                             ProgressClock now,
                                                                             ProgressWriter write);

ProgressClock steady_progress_clock();
ProgressWriter stderr_progress_writer();

// What Ctrl-C says from now on, before it ends mkt; a text that lives as long as the program, such
// as "nothing was published".
void on_interrupt_say(const char* text);

}  // namespace mkt
