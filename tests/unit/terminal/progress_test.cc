// The line that follows a transfer.
#include "cli/terminal/progress.h"

#include <doctest/doctest.h>

#include <vector>

#include "cli/terminal/text_width.h"

namespace mkt {
namespace {

using std::chrono::milliseconds;

struct Transfer {
  explicit Transfer(bool is_terminal) { screen.err_is_terminal = is_terminal; }
  void at(int ms, std::uint64_t done) {
    time = milliseconds(ms);
    if (!follow) {
      time = milliseconds(0);
      follow = follow_progress(
          "downloading slack", ProgressUnit::bytes, screen, [this] { return time; },
          [this](const std::string& text) { written.push_back(text); });
      time = milliseconds(ms);
    }
    follow(done, 10'000'000);
  }
  Screen screen;
  milliseconds time{0};
  std::vector<std::string> written;
  std::function<void(std::uint64_t, std::uint64_t)> follow;
};

TEST_CASE("a line says share, rate and time left, and fits") {
  CHECK(progress_line("downloading slack", ProgressUnit::bytes, 5'000'000, 10'000'000,
                      milliseconds(2000), 100) ==
        "downloading slack  [###############---------------]   50 %  5.0 MB of 10.0 MB  2.5 MB/s  "
        "0:02 left");
  for (std::size_t columns = 20; columns < 120; ++columns) {
    CHECK(display_width(progress_line("downloading 日本語-connector", ProgressUnit::bytes,
                                      1'234'567, 10'000'000, milliseconds(1500), columns)) <=
          columns);
  }
}

TEST_CASE("a line about things counts them and says no rate") {
  CHECK(progress_line("auditing", ProgressUnit::things, 50, 200, milliseconds(2000), 100) ==
        "auditing  [#######-----------------------]   25 %  50 of 200  0:06 left");
}

TEST_CASE("what is over within half a second shows no line") {
  Transfer transfer(true);
  transfer.at(100, 1'000'000);
  transfer.at(400, 10'000'000);
  CHECK(transfer.written.empty());
}

TEST_CASE("on a terminal the line is renewed, and wiped at the end") {
  Transfer transfer(true);
  transfer.at(100, 1'000'000);
  transfer.at(600, 2'000'000);
  transfer.at(650, 2'100'000);  // too soon
  transfer.at(800, 3'000'000);
  transfer.at(900, 10'000'000);
  REQUIRE(transfer.written.size() == 3);
  CHECK(transfer.written[0].starts_with("\r\033[K"));
  CHECK(transfer.written[2] == "\r\033[K");
}

TEST_CASE("the line of a transfer that fails is wiped before anything is said of it") {
  Transfer transfer(true);
  transfer.at(600, 2'000'000);
  REQUIRE(transfer.written.size() == 1);
  transfer.follow = {};
  REQUIRE(transfer.written.size() == 2);
  CHECK(transfer.written[1] == "\r\033[K");
}

TEST_CASE("elsewhere a line is printed now and then") {
  Transfer transfer(false);
  transfer.at(600, 1'000'000);
  transfer.at(10'100, 5'000'000);
  transfer.at(11'000, 6'000'000);
  transfer.at(12'000, 10'000'000);
  CHECK(transfer.written == std::vector<std::string>{"downloading slack: 50 % of 10.0 MB\n"});
}

}  // namespace
}  // namespace mkt
