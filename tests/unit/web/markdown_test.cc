// READMEs of strangers: what they may show, and that no text takes long.
#include "daemon/web/markdown.h"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>

namespace mkt {
namespace {

std::string shown(std::string_view text) { return html_of_markdown(text, 2).text(); }

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

TEST_CASE("CommonMark becomes HTML") {
  CHECK(shown("a *b* **c** `d<e`\n") ==
        "<p>a <em>b</em> <strong>c</strong> <code>d&lt;e</code></p>\n");
  CHECK(shown("- x\n- y\n") == "<ul>\n<li>x</li>\n<li>y</li>\n</ul>\n");
  CHECK(shown("1. x\n") == "<ol>\n<li>x</li>\n</ol>\n");
  CHECK(shown("> q\n") == "<blockquote>\n<p>q</p>\n</blockquote>\n");
  CHECK(shown("```sh\na & b\n```\n") == "<pre tabindex=\"0\"><code>a &amp; b\n</code></pre>\n");
  CHECK(shown("a  \nb\n\n---\n") == "<p>a<br>\nb</p>\n<hr>\n");
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
  for (const char* text : {"<script>alert(1)</script>",
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
                           "&lt;script&gt;alert(1)&lt;/script&gt;"}) {
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

TEST_CASE("no text takes long: the bombs that parsers are known for") {
  const std::size_t n = kMaxMarkdownBytes;
  const auto fill = [&](std::string_view part) { return repeated(part, n / part.size()); };
  const struct {
    const char* name;
    std::string text;
  } bombs[] = {
      {"quotes", fill(">")},
      {"lists", fill("- ")},
      {"numbers", fill("1. ")},
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
