#include "cli/terminal/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <memory>

#include "cli/terminal/output.h"
#include "cli/terminal/text_width.h"

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

std::string progress_line(const std::string& what, std::uint64_t done, std::uint64_t total,
                          milliseconds elapsed, std::size_t columns) {
  const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(elapsed.count(), 1));
  const std::uint64_t rate = done * 1000 / ms;  // bytes a second
  std::string facts =
      fmt::format("{:3} %  {} of {}", done * 100 / std::max<std::uint64_t>(total, 1),
                  format_bytes(done), format_bytes(total));
  if (rate > 0) {
    facts += fmt::format("  {}/s  {}", format_bytes(rate),
                         time_left(milliseconds((total - std::min(done, total)) * 1000 / rate)));
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
                                                                  const Screen& screen,
                                                                  ProgressClock now,
                                                                  ProgressWriter write) {
  struct State {
    milliseconds begun{0};
    milliseconds next{0};
    bool shown = false;
  };
  auto state = std::make_shared<State>();
  state->begun = now();
  state->next = state->begun + (screen.err_is_terminal ? kBeforeFirst : kBetweenLines);
  return [what = std::move(what), screen, now = std::move(now), write = std::move(write), state](
             std::uint64_t done, std::uint64_t total) {
    if (total == 0) return;
    if (done >= total) {
      if (state->shown && screen.err_is_terminal) write(kWipe);
      state->shown = false;
      return;
    }
    const milliseconds time = now();
    if (time < state->next) return;
    const milliseconds elapsed = time - state->begun;
    if (screen.err_is_terminal) {
      write(kWipe + progress_line(what, done, total, elapsed, screen.columns - 1));
      state->next = time + kBetweenUpdates;
    } else {
      write(fmt::format("{}: {} % of {}\n", what, done * 100 / total, format_bytes(total)));
      state->next = time + kBetweenLines;
    }
    state->shown = true;
  };
}

ProgressClock steady_progress_clock() {
  return [] {
    return std::chrono::duration_cast<milliseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
  };
}

ProgressWriter stderr_progress_writer() {
  return [](const std::string& text) {
    fmt::print(stderr, "{}", text);
    std::fflush(stderr);
  };
}

void on_interrupt_say(const char* text) {
  interrupt_text = text;
  std::signal(SIGINT, say_interrupted);
}

}  // namespace mkt
