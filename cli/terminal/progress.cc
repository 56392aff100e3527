#include "cli/terminal/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <memory>
#include <utility>

#include "cli/terminal/output.h"
#include "cli/terminal/text_width.h"
#include "common/base/standard_streams.h"

namespace mkt {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBeforeFirst{500};      // what is quicker needs no line
constexpr milliseconds kBetweenUpdates{100};   // on a terminal
constexpr milliseconds kBetweenLines{10'000};  // elsewhere
constexpr std::size_t kMaxBar = 30;
constexpr std::size_t kMinBar = 8;
constexpr const char* kWipe = "\r\033[K";

std::string time_left(milliseconds left) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
  return seconds < 3600 ? fmt::format("{}:{:02} left", seconds / 60, seconds % 60)
                        : fmt::format("{} h left", seconds / 3600);
}

std::string amount(ProgressUnit unit, std::uint64_t n) {
  return unit == ProgressUnit::bytes ? format_bytes(n) : std::to_string(n);
}

std::atomic<const char*> interrupt_text{nullptr};

// Only what a signal handler may call.
extern "C" void say_interrupted(int signal) {
  const auto write_text = [](const char* text) {
    [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, text, std::strlen(text));
  };
  if (::isatty(STDERR_FILENO) == 1) write_text(kWipe);
  write_text("mkt: interrupted; ");
  write_text(interrupt_text.load());
  write_text("\n");
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

std::string progress_line(const std::string& what, ProgressUnit unit, std::uint64_t done,
                          std::uint64_t total, milliseconds elapsed, std::size_t columns) {
  const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(elapsed.count(), 1));
  const std::uint64_t rate = done * 1000 / ms;  // a second
  std::string facts =
      fmt::format("{:3} %  {} of {}", done * 100 / std::max<std::uint64_t>(total, 1),
                  amount(unit, done), amount(unit, total));
  if (unit == ProgressUnit::bytes && rate > 0) facts += fmt::format("  {}/s", format_bytes(rate));
  if (done > 0) {
    facts += "  " + time_left(milliseconds((total - std::min(done, total)) * ms / done));
  }
  const std::size_t rest = columns > facts.size() + 4 ? columns - facts.size() - 4 : 0;
  const std::string name = cut_end(what, std::max<std::size_t>(rest / 2, 10));
  const std::size_t used = display_width(name);
  const std::size_t room = rest > used ? rest - used : 0;
  if (room < kMinBar + 2) return cut_end(name + "  " + facts, columns);
  const std::size_t bar = std::min(room - 2, kMaxBar);
  const auto full = static_cast<std::size_t>(bar * done / std::max<std::uint64_t>(total, 1));
  return fmt::format("{}  [{}{}]  {}", name, std::string(full, '#'), std::string(bar - full, '-'),
                     facts);
}

std::function<void(std::uint64_t, std::uint64_t)> follow_progress(std::string what,
                                                                  ProgressUnit unit,
                                                                  const Screen& screen,
                                                                  ProgressClock now,
                                                                  ProgressWriter write) {
  // Shared by the copies of the function; the last one wipes the line of what was given up.
  struct Line {
    std::string what;
    ProgressUnit unit;
    Screen screen;
    ProgressClock now;
    ProgressWriter write;
    milliseconds begun;
    milliseconds next;
    bool shown = false;

    ~Line() { wipe(); }
    void wipe() {
      if (std::exchange(shown, false) && screen.err_is_terminal) write(kWipe);
    }
  };
  const milliseconds begun = now();
  const milliseconds first = screen.err_is_terminal ? kBeforeFirst : kBetweenLines;
  const auto line = std::make_shared<Line>(
      Line{std::move(what), unit, screen, std::move(now), std::move(write), begun, begun + first});
  return [line](std::uint64_t done, std::uint64_t total) {
    if (total == 0) return;
    if (done >= total) return line->wipe();
    const milliseconds time = line->now();
    if (time < line->next) return;
    if (line->screen.err_is_terminal) {
      line->write(kWipe + progress_line(line->what, line->unit, done, total, time - line->begun,
                                        line->screen.columns - 1));
      line->next = time + kBetweenUpdates;
    } else {
      line->write(fmt::format("{}: {} % of {}\n", line->what, done * 100 / total,
                              amount(line->unit, total)));
      line->next = time + kBetweenLines;
    }
    line->shown = true;
  };
}

ProgressClock steady_progress_clock() {
  return [] {
    return std::chrono::duration_cast<milliseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
  };
}

ProgressWriter stderr_progress_writer() {
  return [](const std::string& text) { write_to_stderr(text); };
}

void on_interrupt_say(const char* text) {
  interrupt_text = text;
  std::signal(SIGINT, say_interrupted);
}

}  // namespace mkt
