#include "common/connector/nearest_name.h"

#include <doctest/doctest.h>

#include "common/connector/names.h"

namespace mkt {
namespace {

TEST_CASE("any text has a valid id near it") {
  CHECK(nearest_name("tickets") == "tickets");
  CHECK(nearest_name("@Acme/Tickets.js") == "acme-tickets-js");
  CHECK(nearest_name("a__b--c") == "a-b-c");
  CHECK(nearest_name("7zip") == "connector-7zip");
  CHECK(nearest_name("") == "connector");
  CHECK(nearest_name("\u00e4\u00f6") == "connector");
  for (const std::string& text : {std::string(200, 'x'), std::string(63, 'x') + "-y",
                                  std::string(200, '1'), std::string("\xff\0", 2)}) {
    CHECK(is_valid_name(nearest_name(text)));
  }
}

}  // namespace
}  // namespace mkt
