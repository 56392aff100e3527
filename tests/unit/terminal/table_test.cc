// Tables fit a terminal; in a pipe they are whole.
#include "cli/terminal/table.h"

#include <doctest/doctest.h>

#include <sstream>

#include "cli/terminal/relative_time.h"
#include "cli/terminal/text_width.h"

namespace mkt {
namespace {

using Fit = Column::Fit;

Table versions() {
  Table table({{"ID"},
               {"DOWNLOADS", Fit::right, 2},
               {"KEY", Fit::cut_middle, 1},
               {"DESCRIPTION", Fit::cut_end}});
  table.add({"slack", "7", "acme:0123456789abcdef", "Sends messages to channels of a workspace"});
  table.add({"jira", "12000", "beta:fedcba9876543210", "日本語の説明がここにあります"});
  return table;
}

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, display_width(line));
  return widest;
}

TEST_CASE("a table that fits is shown whole") {
  CHECK(versions().for_people(200, false) ==
        "ID     DOWNLOADS  KEY                    DESCRIPTION\n"
        "slack          7  acme:0123456789abcdef  Sends messages to channels of a workspace\n"
        "jira       12000  beta:fedcba9876543210  日本語の説明がここにあります\n");
}

TEST_CASE("a table is never wider than the terminal") {
  for (std::size_t columns = 24; columns < 100; ++columns) {
    CAPTURE(columns);
    CHECK(widest_line(versions().for_people(columns, false)) <= columns);
  }
}

TEST_CASE("ids give their middle, texts their end, and then columns go") {
  CHECK(versions().for_people(60, false) ==
        "ID     DOWNLOADS  KEY                   DESCRIPTION\n"
        "slack          7  acme:01234…789abcdef  Sends messages to c…\n"
        "jira       12000  beta:fedcb…876543210  日本語の説明がここ…\n");
  const std::string narrow = versions().for_people(40, false);
  CHECK(narrow.find("DOWNLOADS") == std::string::npos);
  CHECK(narrow.find("KEY") != std::string::npos);
}

TEST_CASE("a wrapped text continues below itself") {
  Table table({{"FILE"}, {"WHY", Fit::wrap}});
  table.add({"a.pem", "it looks like a private key"});
  CHECK(table.for_people(24, false) == "FILE   WHY\na.pem  it looks like a\n       private key\n");
}

TEST_CASE("in a pipe a row is a line of whole values") {
  Table table({{"ID"}, {"STATUS"}, {"ASKED"}});
  const UtcTime now = *parse_utc("2026-01-31T12:00:00Z");
  table.add({"req_1", state_cell("pending"), time_cell("2026-01-30T11:00:00Z", now)});
  CHECK(table.for_programs() == "req_1\tpending\t2026-01-30T11:00:00Z\n");
  CHECK(table.for_people(80, true) ==
        "\033[1mID\033[0m     \033[1mSTATUS\033[0m   \033[1mASKED\033[0m\n"
        "req_1  \033[33mpending\033[0m  1 day ago\n");
}

TEST_CASE("times are said as people say them") {
  const UtcTime now = *parse_utc("2026-01-31T12:00:00Z");
  CHECK(relative_time(now, now) == "just now");
  CHECK(relative_time(*parse_utc("2026-01-31T11:58:00Z"), now) == "2 minutes ago");
  CHECK(relative_time(*parse_utc("2026-01-31T11:00:00Z"), now) == "1 hour ago");
  CHECK(relative_time(*parse_utc("2024-01-01T00:00:00Z"), now) == "2 years ago");
  CHECK(relative_time(*parse_utc("2026-02-02T12:00:00Z"), now) == "in 2 days");
  CHECK(time_cell("", now, "never").text == "never");
  CHECK(time_cell("soon", now).text == "soon");
}

}  // namespace
}  // namespace mkt
