// What people see of a changed file, and that no change hides in a long line.
#include "daemon/web/patch.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/web/repeated.h"

namespace mkt {
namespace {

std::string shown_patch(std::string_view before, std::string_view now) {
  const std::string html = patch_html("index.js", before, now).text();
  const std::size_t begin = html.find("<code>") + 6;
  return html.substr(begin, html.find("</code>") - begin);
}

bool shows(const std::string& html, std::string_view part) {
  return html.find(part) != std::string::npos;
}

TEST_CASE("changed lines stand between their neighbours") {
  CHECK(shown_patch("a\nb\nc\n", "a\nx\ny\nc\n") ==
        "<span>  a</span>\n<del>- b</del>\n<ins>+ x</ins>\n<ins>+ y</ins>\n<span>  c</span>\n");
  CHECK(shows(shown_patch(repeated("l\n", 50) + "a\n" + repeated("m\n", 50) + "b\n",
                          repeated("l\n", 50) + "A\n" + repeated("m\n", 50) + "B\n"),
              "<span class=\"skipped\">⋯</span>"));
  CHECK(shows(shown_patch("", "<script>\n"), "<ins>+ &lt;script&gt;</ins>"));
}

TEST_CASE("a long line is shown where it differs, and says what is left out") {
  const std::string before = "var a = \"" + std::string(3000, 'x') + "\";";
  const std::string html = shown_patch(before + "\n", before + " evil();\n");
  CHECK(shows(html, "\"; evil();</ins>") == false);  // the quote is escaped
  CHECK(shows(html, "&quot;; evil();</ins>"));
  CHECK(shows(html, "<em class=\"cut\"> ⋯ 2931 bytes ⋯ </em>xxx"));
  CHECK(html.size() < 1000);

  const std::string early = shown_patch("a" + before + "\n", "b" + before + "\n");
  CHECK(shows(early, "<ins>+ bvar a"));
  CHECK(shows(early, "<em class=\"cut\"> ⋯ 2012 bytes ⋯ </em></ins>"));
}

TEST_CASE("a new long line is shown from its beginning") {
  const std::string html = shown_patch("", std::string(5000, 'y') + "\n");
  CHECK(shows(html, "<ins>+ yyy"));
  CHECK(shows(html, "<em class=\"cut\"> ⋯ 4000 bytes ⋯ </em></ins>"));
}

TEST_CASE("no character is cut") {
  const std::string umlauts = repeated("ü", 2000);
  for (const char* more : {"", "a"}) {
    const std::string html = shown_patch(more + umlauts + "x\n", more + umlauts + "y\n");
    CHECK_FALSE(shows(html, "\xef\xbf\xbd"));
    CHECK(shows(html, "üy</ins>"));
  }
}

}  // namespace
}  // namespace mkt
