#include "daemon/store/postgres/touches_text.h"

#include <doctest/doctest.h>

namespace mkt::postgres {
namespace {

TEST_CASE("Touches as text are read back as they were written") {
  Touches t;
  t.connectors = {"tool", "other"};
  t.tokens = {"t1"};
  t.sessions = {"s1", "s2"};
  t.keys = t.publishers = true;
  const Touches back = touches_from_text(touches_text(t));
  CHECK(back.connectors == t.connectors);
  CHECK(back.tokens == t.tokens);
  CHECK(back.sessions == t.sessions);
  CHECK(back.keys);
  CHECK(back.publishers);
  CHECK_FALSE(back.everything);
  CHECK(touches_text(Touches::nothing()).empty());
  CHECK(touches_from_text(touches_text(Touches::all())).everything);
}

TEST_CASE("Touches of a newer mktd touch everything") {
  for (const char* text :
       {R"({"flavours":["a"]})", R"({"mirrors":true})", R"({"tokens":"t1"})", "[]", "{"}) {
    CAPTURE(text);
    CHECK(touches_from_text(text).everything);
  }
}

}  // namespace
}  // namespace mkt::postgres
