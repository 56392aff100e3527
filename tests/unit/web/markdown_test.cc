// READMEs of strangers: what they may show, and that no text takes long.
#include "daemon/web/markdown.h"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/unit/web/repeated.h"

namespace mkt {
namespace {

std::string shown(std::string_view text) { return html_of_markdown(text, 2).text(); }

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("CommonMark becomes HTML") {
  CHECK(shown("a *b* **c** `d<e`\n") ==
        "<p>a <em>b</em> <strong>c</strong> <code>d&lt;e</code></p>\n");
  CHECK(shown("- x\n- y\n") == "<ul>\n<li>x</li>\n<li>y</li>\n</ul>\n");
  CHECK(shown("1. x\n") == "<ol>\n<li>x</li>\n</ol>\n");
  CHECK(shown("3. x\n") == "<ol start=\"3\">\n<li>x</li>\n</ol>\n");
  CHECK(shown("0) x\n") == "<ol start=\"0\">\n<li>x</li>\n</ol>\n");
  CHECK(shown("> q\n") == "<blockquote>\n<p>q</p>\n</blockquote>\n");
  CHECK(shown("```sh\na & b\n```\n") == "<pre tabindex=\"0\"><code>a &amp; b\n</code></pre>\n");
  CHECK(shown("a  \nb\n\n---\n") == "<p>a<br>\nb</p>\n<hr>\n");
}

// The examples of GitHub's specification, with its HTML but for what a page adds for the keyboard
// and the columns: 4.10 (198, 199, 200, 202, 204), 5.3 (279), 6.5 (491).
TEST_CASE("tables, task lists and struck text are GitHub's") {
  CHECK(shown("| foo | bar |\n| --- | --- |\n| baz | bim |\n") ==
        "<div class=\"scroll\" role=\"group\" aria-label=\"Table\" "
        "tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">foo</th>"
        "<th scope=\"col\">bar</th></tr></thead>\n<tbody>\n<tr><td>baz</td><td>bim</td></tr>\n"
        "</tbody></table></div>\n");
  CHECK(
      has(shown("| abc | defghi |\n:-: | -----------:\nbar | baz\n"),
          "<th scope=\"col\" class=\"center\">abc</th><th scope=\"col\" class=\"right\">defghi</th>"
          "</tr></thead>\n<tbody>\n<tr><td class=\"center\">bar</td><td class=\"right\">baz</td>"));
  CHECK(has(shown("| f\\|oo  |\n| ------ |\n| b `\\|` az |\n| b **\\|** im |\n"),
            "f|oo</th></tr></thead>\n<tbody>\n<tr><td>b <code>|</code> az</td></tr>\n"
            "<tr><td>b <strong>|</strong> im</td></tr>\n</tbody>"));
  CHECK(has(shown("| abc | def |\n| --- | --- |\n| bar |\n| bar | baz | boo |\n"),
            "<tr><td>bar</td><td></td></tr>\n<tr><td>bar</td><td>baz</td></tr>\n"));
  CHECK_FALSE(has(shown("| abc | def |\n| --- |\n| bar |\n"), "<table>"));
  CHECK(
      shown("| abc | def |\n| --- | --- |\n").ends_with("def</th></tr></thead>\n</table></div>\n"));
  CHECK(shown("- [ ] foo\n- [x] bar\n") ==
        "<ul>\n<li class=\"task\">☐ foo</li>\n<li class=\"task\">☑ bar</li>\n</ul>\n");
  CHECK(shown("~~Hi~~ Hello, ~there~ world!\n") ==
        "<p><del>Hi</del> Hello, <del>there</del> world!</p>\n");
}

TEST_CASE("of raw HTML a line break is left") {
  CHECK(shown("a<br>b<BR/>c<br />d<b>e</b>") == "<p>a<br>\nb<br>\nc<br>\nde</p>\n");
  CHECK(has(shown("|a|\n|-|\n|x<br>y|\n"), "<td>x<br>\ny</td>"));
}

TEST_CASE("a heading that shows nothing is none") {
  for (const char* text : {"## \n", "# <b></b>\n", "#  * * \n# **<i></i>**\n", "&nbsp;\n===\n"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(has(shown(text), "></h"));
  }
  CHECK(shown("# `x`\n") == "<h3><code>x</code></h3>\n");
  CHECK(has(shown("# ![](https://x.example/a.png)\n"), ">image</a></h3>"));
}

TEST_CASE("headings stand below their section, and leave no level out") {
  CHECK(shown("# a\n\n#### b\n\n## c\n") == "<h3>a</h3>\n<h4>b</h4>\n<h4>c</h4>\n");
}

TEST_CASE("links lead to the web alone, and say so to search engines") {
  CHECK(shown("[a](https://x.example/?a=1&b=\"2\")") ==
        "<p><a rel=\"nofollow noopener\" "
        "href=\"https://x.example/?a=1&amp;b=&quot;2&quot;\">a</a></p>\n");
  CHECK(shown("[a](docs/b.md)") == "<p>a</p>\n");
  CHECK(shown("[a](javascript:alert(1))") == "<p>a</p>\n");
  CHECK(shown("<javascript:alert(1)>") == "<p>javascript:alert(1)</p>\n");
}

TEST_CASE("an image is not loaded: it is a link to it") {
  CHECK(shown("![logo](https://x.example/a.png)") ==
        "<p><a rel=\"nofollow noopener\" href=\"https://x.example/a.png\">logo</a></p>\n");
  CHECK(shown("[![badge](https://x.example/a.svg)](https://y.example/)") ==
        "<p><a rel=\"nofollow noopener\" href=\"https://y.example/\">badge</a></p>\n");
}

TEST_CASE("nothing of the cheat sheets runs") {
  for (const char* text :
       {"<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <b onclick=x>b</b>",
        "<svg/onload=alert(1)>",
        "<iframe src=javascript:alert(1)>",
        "[a](<javascript:alert(1)>)",
        "[a](JaVaScRiPt:alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "[a]( javascript:alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](java&#x0A;script:alert(1))",
        "[a]: javascript:alert(1)\n[a]",
        "![a](javascript:alert(1))",
        "[a](https://x.example \"\\\" onmouseover=alert(1)\")",
        "`</code><script>alert(1)</script>`",
        "```\n</code></pre><script>alert(1)</script>\n```",
        "[<img src=x onerror=alert(1)>](https://x.example)",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<style>*{display:none}</style>",
        "<!-- --><script>alert(1)</script>",
        "<meta http-equiv=refresh content=0>",
        "![a](https://x.example/\"onerror=\"alert(1))",
        "<https://x.example/\"onclick=x>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "|<script>a|</td><b onclick=x>|\n|-|:-:|\n|<img src=x>|[a](javascript:a)|",
        "- [x] <script>alert(1)</script>",
        "~~<script>alert(1)</script>~~"}) {
    CAPTURE(text);
    const std::string html = shown(text);
    CAPTURE(html);
    for (const char* tag : {"<script", "<img", "<svg", "<iframe", "<style", "<meta", "<b ", "<!--",
                            "href=\"javascript", "href=\"data", "href=\"Java", "\" on"}) {
      CAPTURE(tag);
      CHECK_FALSE(has(html, tag));
    }
  }
}

TEST_CASE("a long text is cut, and says so") {
  const std::string text(kMaxMarkdownBytes + 10, 'a');
  const std::string html = shown(text);
  CHECK(html.size() < kMaxMarkdownBytes + 300);
  CHECK(has(html, "The rest is not shown"));
}

TEST_CASE("what people write is no bomb, however long") {
  const auto is_read = [](const std::string& text) {
    return has(shown("# read\n" + text), "<h3>read</h3>");
  };
  std::string guide;
  for (int i = 0; guide.size() < kMaxMarkdownBytes - 1000; ++i) {
    guide += "1. step\n   - *part* of it\n     > a quote\n\n           code, indented\n\n" +
             repeated("-", 300) + "\n" + repeated("| - ", 60) + "|\n\n2024. 10) 3.14\n";
  }
  CHECK(is_read(guide));
  CHECK(is_read(repeated("- item\n", 30'000)));
  CHECK(is_read(repeated("- ", 20) + "deep\n" + repeated("\n", 50'000)));
}

TEST_CASE("deep nesting is written flat") {
  const std::string html = shown(repeated("> ", 150) + "x\n");
  CHECK(has(html, "x"));
  std::size_t depth = 0;
  for (std::size_t at = html.find("<blockquote>"); at != std::string::npos;
       at = html.find("<blockquote>", at + 1)) {
    ++depth;
  }
  CHECK(depth == static_cast<std::size_t>(kMaxNesting));
}

// Whether every element ends, in the order in which they began, and rows and items are where they
// may be.
bool is_well_formed(const std::string& html) {
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const bool ends = html[at + 1] == '/';
    const std::size_t begin = at + (ends ? 2 : 1);
    const std::string name = html.substr(begin, html.find_first_of(" >", begin) - begin);
    if (name == "br" || name == "hr") continue;
    if (ends) {
      if (open.empty() || open.back() != name) return false;
      open.pop_back();
      continue;
    }
    const std::string parent = open.empty() ? "" : open.back();
    if ((name == "li") != (parent == "ul" || parent == "ol")) return false;
    if ((name == "td" || name == "th") != (parent == "tr")) return false;
    if ((name == "tr") != (parent == "tbody" || parent == "thead")) return false;
    if ((name == "tbody" || name == "thead") != (parent == "table")) return false;
    open.push_back(name);
  }
  return open.empty();
}

TEST_CASE("what is cut or flat is HTML all the same") {
  const std::string table = "|a|b|\n|-|-|\n";
  for (std::size_t depth = 15; depth < 30; ++depth) {
    CAPTURE(depth);
    std::string in_quotes;
    for (const char* line : {"|a|b|", "|-|-|", "|c|*d*|", "|e|f|"}) {
      in_quotes += repeated("> ", depth) + line + "\n";
    }
    CHECK(is_well_formed(shown(in_quotes)));
    CHECK(has(shown(in_quotes), "<em>d</em>") == (depth < 20));
    CHECK(is_well_formed(shown(repeated("> ", depth) + "- a\n")));
    CHECK(is_well_formed(shown(repeated("- ", depth) + "a\n")));
    CHECK(is_well_formed(shown(repeated("1. ", depth) + "a\n")));
  }
  // Longer than what is shown.
  CHECK(is_well_formed(shown("|a|b|\n|-|:-:|\n" + repeated("|&|&|\n", 40'000))));
  CHECK(is_well_formed(shown("1. > " + repeated("- \"\"\"\"\n", 30'000))));
}

TEST_CASE("no text takes long: the bombs that parsers are known for") {
  const std::size_t n = kMaxMarkdownBytes;
  const auto fill = [&](std::string_view part) { return repeated(part, n / part.size()); };
  const auto table = [](std::size_t columns, std::size_t row_bytes) {
    return repeated("|a", columns) + "\n" + repeated("|-", columns) + "\n" +
           repeated("a\n", row_bytes / 2);
  };
  const struct {
    std::string name;
    std::string text;
  } bombs[] = {
      {"quotes", fill(">")},
      {"lists", fill("- ")},
      {"numbers", fill("1. ")},
      {"a list and empty lines", repeated("- ", 199) + "a" + repeated("\n", n - 400)},
      {"numbers and empty lines", repeated("1. ", n / 6) + "a" + repeated("\n", n / 2 - 1)},
      {"numbers with brackets", repeated("1) ", n / 6) + "a" + repeated("\r", n / 2 - 1)},
      {"indented and empty lines",
       [&] {
         std::string text;
         for (std::size_t i = 0; text.size() < n / 2; ++i) {
           text += repeated("\t", i / 2) + (i % 2 == 0 ? "- a\n" : "  - a\n");
         }
         return text + repeated("\n", n / 2);
       }()},
      {"deeper and deeper",
       [&] {
         std::string text;
         for (std::size_t i = 0; text.size() < n; ++i) {
           text += std::string(i, ' ') + "* a\n";
         }
         return text;
       }()},
      {"brackets", fill("[")},
      {"closing brackets", fill("]")},
      {"brackets in pairs", fill("[a](")},
      {"images", fill("![[]()")},
      {"open links", fill("[a](<b")},
      {"stars", fill("*a_ ")},
      {"stars and underscores", fill("**x *a __b _c ")},
      {"backticks",
       [&] {
         std::string text;
         for (std::size_t i = 1; text.size() < n; ++i) text += "e" + std::string(i, '`');
         return text;
       }()},
      {"entities", fill("&#0;")},
      {"definitions", fill("[a]: u\n")},
      {"many definitions",
       [&] {
         std::string text;
         for (std::size_t i = 0; text.size() < n; ++i) text += "[" + std::to_string(i) + "]: u\n";
         return text + "[1][2][3]";
       }()},
      {"reference blow-up", "[a]: https://x.example/" + std::string(20'000, 'b') + "\n\n" +
                                repeated("[a]", (n - 21'000) / 3)},
      {"html", fill("<a ")},
      {"comments", fill("<!--")},
      {"declarations", fill("<!A ")},
      {"instructions", fill("<?")},
      {"tabs", fill("\t")},
      {"lines", fill("\n")},
      {"quotes and lists", fill("> - ")},
      {"quotes by line", fill("> > > > > > > >\n")},
      {"nested emphasis", repeated("*", n / 2) + "a" + repeated("*", n / 2 - 1)},
      {"a table of columns and rows",
       repeated("|a", n / 4) + "|\n" + repeated("|-", n / 4 - 9) + "|\n"},
      {"a table that is square", table(30'000, n - 4 * 30'000)},
      {"a table with many rows", table(5'000, n - 4 * 5'000)},
      {"a table as large as is read", table(1'000, n - 4 * 1'000)},
      {"a table of the most columns", table(65'000, 0)},
      {"a table in a quote", "> " + table(200, 2'000) + repeated("> x\n", n / 5)},
      {"rows that could begin a table", fill("a|b\n")},
      {"delimiters alone", fill("-|-\n")},
      {"tables", fill("a|b\n-|-\nc|d\n\n")},
      {"tables by other line ends", fill("aaa\rbbb\n-\v\n")},
      {"escaped pipes", "|a|\n|-|\n|" + repeated("\\|", n / 3) + "|\n"},
      {"a paragraph before a table",
       repeated("a\n", n / 4) + "a|b\n-|-\n" + repeated("c|d\n", n / 9)},
      {"struck", fill("~~a ")},
      {"struck and not", fill("~a~~ ")},
      {"tildes", fill("~")},
      {"tasks", fill("- [x] ")},
      {"tasks by line", fill("- [ ] a\n")},
      {"underscores", fill("_a __b ")},
      {"nested strong emphasis", repeated("*a **a ", n / 14) + "b" + repeated(" a** a*", n / 14)},
      {"mismatched by three", "a**b" + repeated("c* ", n / 4)},
      {"links and emphasis", fill("[ a_")},
      {"brackets and parentheses", fill("[ (](")},
      {"quotes, then items", repeated("> ", 190) + repeated("\n> - a", n / 8)},
      {"dashes", fill("-")},
      {"footnotes", fill("[^1]: a\n")},
      {"rows of one cell",
       repeated("|a", 200) + "\n" + repeated("|-", 200) + "\n" + repeated("a\n", 120'000)},
      {"rows of one cell, few columns",
       repeated("|a", 9) + "\n" + repeated("|-", 9) + "\n" + repeated("a\n", 19'000)},
      {"a long definition that is used",
       "[a]: x" + std::string(220'000, 'b') + "\n\n" + repeated("[a] ", 9'900)},
      {"a long title that is used",
       "[a]: x \"" + std::string(220'000, 'b') + "\"\n\n" + repeated("[a] ", 9'900)},
      {"emphasis and struck", repeated("a*_a", n / 8) + repeated("*~", n / 4)},
      {"emphasis and strong", "<a>" + repeated("a]_ _1. _a**b*c", n / 15 - 1)},
      {"struck and emphasis", repeated("a ~a", n / 8) + repeated("a**b*c", n / 12)},
      {"instructions in a paragraph", "a " + repeated("<?", 20'000) + std::string(n - 40'002, 'a')},
      {"declarations in a paragraph",
       "a " + repeated("<!A ", 20'000) + std::string(n - 80'002, 'a')},
      {"the most instructions", "a " + repeated("<?", 499) + std::string(n - 1'000, 'a')},
      {"the most emphasis", repeated("a*_a", 10'000) + repeated("*~", 4'900)},
      {"zeros", std::string(n, '\0')},
      {"no UTF-8", std::string(n, '\xff')},
  };
  for (const auto& bomb : bombs) {
    CAPTURE(bomb.name);
    const auto before = std::chrono::steady_clock::now();
    const Html html = html_of_markdown(bomb.text, 2);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - before);
    // Far above what it takes, for sanitizers and busy machines; quadratic time is minutes.
    CHECK_MESSAGE(took.count() < 10'000, bomb.name);
    CHECK(html.size() <= kMaxHtmlBytes + 64 * 1024);
    MESSAGE(bomb.name << ": " << took.count() << " ms, " << html.size() << " bytes");
  }
}

}  // namespace
}  // namespace mkt
