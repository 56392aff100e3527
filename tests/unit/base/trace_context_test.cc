// W3C Trace Context, level 1: section 3.2 (traceparent), 3.3 (tracestate), 3.2.4 (later versions),
// and the cases of the working group's test suite (test/test.py of w3c/trace-context).
#include "common/base/trace_context.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

constexpr std::string_view kTrace = "12345678901234567890123456789012";
constexpr std::string_view kParent = "1234567890123456";

std::string field(std::string_view version, std::string_view trace, std::string_view parent,
                  std::string_view flags) {
  std::string text(version);
  for (const std::string_view part : {trace, parent, flags}) {
    text += '-';
    text += part;
  }
  return text;
}

std::string state_of(std::string_view tracestate) {
  const auto trace = TraceContext::parse(field("00", kTrace, kParent, "01"), tracestate);
  REQUIRE(trace);
  return trace->state;
}

TEST_CASE("a valid traceparent is read") {
  const auto sampled =
      TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  REQUIRE(sampled);
  CHECK(sampled->trace_id == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(sampled->parent_id == "00f067aa0ba902b7");
  CHECK(sampled->sampled);
  const auto not_sampled =
      TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
  REQUIRE(not_sampled);
  CHECK_FALSE(not_sampled->sampled);
  // test_traceparent_ows_handling
  CHECK(TraceContext::parse(" 00-12345678901234567890123456789012-1234567890123456-01\t"));
}

TEST_CASE("flags are bits, and what level 1 does not know of them is not passed on") {
  for (const auto& [flags, sampled] :
       {std::pair("09", true), {"ff", true}, {"fe", false}, {"0b", true}, {"0a", false}}) {
    CAPTURE(std::string(flags));
    const auto trace = TraceContext::parse(field("00", kTrace, kParent, flags));
    REQUIRE(trace);
    CHECK(trace->sampled == sampled);
    CHECK(trace->traceparent("00f067aa0ba902b7") ==
          field("00", kTrace, "00f067aa0ba902b7", sampled ? "01" : "00"));
  }
}

TEST_CASE("a traceparent that is not valid is no trace") {
  for (const std::string& text : {
           std::string(),
           std::string("-"),
           field("00", kTrace, kParent, "01."),
           field("00", kTrace, kParent, "01-what-the-future-will-be-like"),
           field("cc", kTrace, kParent, "01.what-the-future-will-be-like"),
           field("cc", kTrace, kParent, "0"),
           field("ff", kTrace, kParent, "01"),
           field(".0", kTrace, kParent, "01"),
           field("0.", kTrace, kParent, "01"),
           field("000", kTrace, kParent, "01"),
           field("0000", kTrace, kParent, "01"),
           field("0", kTrace, kParent, "01"),
           field("00", "00000000000000000000000000000000", kParent, "01"),
           field("00", ".2345678901234567890123456789012", kParent, "01"),
           field("00", "1234567890123456789012345678901.", kParent, "01"),
           field("00", "123456789012345678901234567890123", kParent, "01"),
           field("00", "1234567890123456789012345678901", kParent, "01"),
           field("00", kTrace, "0000000000000000", "01"),
           field("00", kTrace, ".234567890123456", "01"),
           field("00", kTrace, "123456789012345.", "01"),
           field("00", kTrace, "12345678901234567", "01"),
           field("00", kTrace, "123456789012345", "01"),
           field("00", kTrace, kParent, ".0"),
           field("00", kTrace, kParent, "0."),
           field("00", kTrace, kParent, "001"),
           field("00", kTrace, kParent, "1"),
           field("00", "4BF92F3577B34DA6A3CE929D0E0E4736", kParent, "01"),
           field("00", kTrace, "00F067AA0BA902B7", "01"),
           std::string("00-12345678901234567890123456789012_1234567890123456-01"),
       }) {
    CAPTURE(text);
    CHECK_FALSE(TraceContext::parse(text));
  }
}

TEST_CASE("a later version is read as far as this one goes, and passed on as this one") {
  for (const std::string& text : {field("cc", kTrace, kParent, "01"),
                                  field("cc", kTrace, kParent, "01-what-the-future-will-be-like"),
                                  field("01", kTrace, kParent, "01-")}) {
    CAPTURE(text);
    const auto trace = TraceContext::parse(text);
    REQUIRE(trace);
    CHECK(trace->trace_id == kTrace);
    CHECK(trace->traceparent("00f067aa0ba902b7") == field("00", kTrace, "00f067aa0ba902b7", "01"));
  }
}

TEST_CASE("tracestate is passed on as it is, without empty members") {
  CHECK(state_of("") == "");
  CHECK(state_of("congo=t61rcWkgMzE") == "congo=t61rcWkgMzE");
  CHECK(state_of("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE") ==
        "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
  CHECK(state_of("foo=1 \t , \t bar=2, \t baz=3") == "foo=1,bar=2,baz=3");
  CHECK(state_of("foo=1,,bar=2,") == "foo=1,bar=2");
  CHECK(state_of("t-t@v*/_=1=2") == "t-t@v*/_=1=2");
}

TEST_CASE("a tracestate that is no list is left out, and the trace is there") {
  std::string many;
  for (int i = 0; i < 33; ++i) many += "k" + std::to_string(i) + "=1,";
  for (const std::string& text : {std::string("foo"), std::string("=1"), std::string("foo=1,bar"),
                                  std::string("foo=\x01"), std::string("foo=\xc3\xa9"), many}) {
    CAPTURE(text);
    CHECK(state_of(text).empty());
  }
}

TEST_CASE("of a long tracestate, 512 characters of whole members are passed on") {
  const std::string first = "a=" + std::string(254, 'x'), second = "b=" + std::string(253, 'y');
  CHECK(state_of(first + "," + second) == first + "," + second);
  CHECK(state_of(first + "," + second + ",c=1") == first + "," + second);
  CHECK(state_of(first + "," + second + "z") == first);
}

}  // namespace
}  // namespace mkt
