// Addresses of RFC 5322 (section 3.4.1) and RFC 6531, and what is none or more than one.
#include "common/base/email_address.h"

#include <doctest/doctest.h>

#include <string>

namespace mkt {
namespace {

TEST_CASE("what people are reached by is an address") {
  for (const char* text :
       {"dev@acme.example", "first.last+tag@mail.acme.example", "o'neill@acme.example", "a@b",
        "user_name@sub-domain.acme.example", "1/2=x@acme.example", "jos\xc3\xa9@acme.example",
        "dev@b\u00fccher.example"}) {
    CAPTURE(text);
    CHECK(is_email_address(text));
  }
}

TEST_CASE("several addresses, quotes and halves are none") {
  for (const char* text : {"",
                           "@",
                           "acme",
                           "dev@",
                           "@acme.example",
                           "a@b@c",
                           "dev@acme.example, x@y.example",
                           "a@b.example>, <v@x.example",
                           "dev @acme.example",
                           "dev@acme.example ",
                           "<dev@acme.example>",
                           "\"dev\"@acme.example",
                           "dev@[127.0.0.1]",
                           "dev(comment)@acme.example",
                           ".dev@acme.example",
                           "dev.@acme.example",
                           "a..b@acme.example",
                           "dev@acme..example",
                           "dev@acme.example.",
                           "dev@acme.example\r\nBcc: x@y.example",
                           "group:a@b;",
                           "dev@acme\\.example"}) {
    CAPTURE(text);
    CHECK_FALSE(is_email_address(text));
  }
  CHECK_FALSE(is_email_address(std::string("dev@acme\0.example", 17)));
}

}  // namespace
}  // namespace mkt
