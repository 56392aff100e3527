// What strangers wrote never becomes markup, and no address becomes a script.
#include "daemon/web/html.h"

#include <doctest/doctest.h>

#include <type_traits>

namespace mkt {
namespace {

std::string escaped(std::string text) {
  Html html;
  html << text;
  return html.text();
}

// To forget to escape does not compile: only literals are markup.
static_assert(!std::is_constructible_v<Html, std::string>);
static_assert(!std::is_constructible_v<Html, std::string_view>);
static_assert(!std::is_constructible_v<Markup, std::string>);
static_assert(!std::is_constructible_v<Href, std::string>);

TEST_CASE("text is escaped between tags and in attributes") {
  CHECK(escaped("<script>alert('x') & \"y\"</script>") ==
        "&lt;script&gt;alert(&#39;x&#39;) &amp; &quot;y&quot;&lt;/script&gt;");
  Html html;
  html << "<p title=\"" << std::string("\" onclick=\"x") << "\">" << 42 << "</p>";
  CHECK(html.text() == "<p title=\"&quot; onclick=&quot;x\">42</p>");
}

TEST_CASE("what could hide or reorder text becomes a sign that is seen") {
  CHECK(escaped("a\u202eb") == "a\ufffdb");
  CHECK(escaped(std::string("a\0b\x1b[31m", 8)) == "a\ufffdb\ufffd[31m");
  CHECK(escaped("a\xff\xfe") == "a\ufffd\ufffd");
  CHECK(escaped("a\xc3") == "a\ufffd");
  CHECK(escaped("Grüße, 世界\n\tx") == "Grüße, 世界\n\tx");
}

TEST_CASE("a path has each segment encoded") {
  CHECK(Href::path({"connectors", "a/b", "1.0.0+x y"}).text() == "/connectors/a%2Fb/1.0.0%2Bx%20y");
  CHECK(Href("/search").with("q", "a&b=c").with("page", "2").text() ==
        "/search?q=a%26b%3Dc&page=2");
}

TEST_CASE("an address elsewhere is followed only by schemes that do no harm") {
  for (const char* good : {"https://acme.example/x?y=1", "http://acme.example", "HTTPS://A.example",
                           "mailto:a@acme.example"}) {
    CAPTURE(good);
    CHECK(Href::elsewhere(good));
  }
  // From OWASP's cheat sheet of filter evasions.
  for (const char* bad :
       {"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)",
        "java\tscript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "//evil.example",
        "file:///etc/passwd", "https:/evil.example", "feed:javascript:alert(1)", "",
        "https://a.example/ b", "https://a.example/\u202e"}) {
    CAPTURE(bad);
    CHECK_FALSE(Href::elsewhere(bad));
  }
  CHECK_FALSE(Href::elsewhere("https://" + std::string(Href::kMaxBytes, 'a')));
}

TEST_CASE("a destination from outside stays here") {
  CHECK(Href::local("/requests/team/req_1?x=%20"));
  for (const char* bad : {"//evil.example", "/\\evil.example", "https://evil.example", "evil", "",
                          "/a b", "/\r\nSet-Cookie: x"}) {
    CAPTURE(bad);
    CHECK_FALSE(Href::local(bad));
  }
}

}  // namespace
}  // namespace mkt
