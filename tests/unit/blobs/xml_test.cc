// The XML that S3 answers with: the examples of its documentation, and what is refused.
#include "daemon/blobs/xml.h"

#include <doctest/doctest.h>

#include <string>

#include "daemon/blobs/s3_listing.h"
#include "tests/unit/must.h"

namespace mkt {
namespace {

TEST_CASE("elements, text and references are read") {
  const XmlElement root = must(parse_xml(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<A xmlns='http://x/' b=\"1\">\n <B>a&amp;b"
      "&lt;&#33;&#x20ac;</B><C/><B>two</B>\n</A>\n"));
  CHECK(root.name == "A");
  REQUIRE(root.children.size() == 3);
  CHECK(root.child_text("B") == "a&b<!\xe2\x82\xac");
  CHECK(root.child("C")->children.empty());
  CHECK(root.child("D") == nullptr);
  CHECK(root.child_text("D").empty());
}

TEST_CASE("XML beyond what S3 writes is refused") {
  std::string deep, wide = "<A>";
  for (int i = 0; i <= kMaxXmlDepth; ++i) deep += "<A>";
  for (int i = 0; i <= kMaxXmlDepth; ++i) deep += "</A>";
  for (std::size_t i = 0; i < kMaxXmlElements; ++i) wide += "<B/>";
  wide += "</A>";
  const std::string large = "<A>" + std::string(kMaxXmlBytes, 'a') + "</A>";
  for (const std::string& wrong : {std::string(""),
                                   std::string("text"),
                                   std::string("<A>"),
                                   std::string("<A></B>"),
                                   std::string("<A></A><B/>"),
                                   std::string("<A></A>x"),
                                   std::string("<A b></A>"),
                                   std::string("<A b=1></A>"),
                                   std::string("<A b=\"<\"/>"),
                                   std::string("<A b=\"1\"c=\"2\"/>"),
                                   std::string("<1/>"),
                                   std::string("< A/>"),
                                   std::string("<A>&nbsp;</A>"),
                                   std::string("<A>&amp</A>"),
                                   std::string("<A>&#0;</A>"),
                                   std::string("<A>&#xd800;</A>"),
                                   std::string("<A>&#x110000;</A>"),
                                   std::string("<A><!-- c --></A>"),
                                   std::string("<A><![CDATA[x]]></A>"),
                                   std::string("<A><?pi x?></A>"),
                                   std::string("<!DOCTYPE A [<!ENTITY a \"b\">]><A>&a;</A>"),
                                   std::string("<A>\xff</A>"),
                                   deep,
                                   wide,
                                   large}) {
    CAPTURE(wrong.substr(0, 80));
    CHECK_FALSE(parse_xml(wrong));
  }
}

// The response of "API_ListObjectsV2", shortened.
constexpr const char* kListing =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
    "<Name>bucket</Name><Prefix/><KeyCount>205</KeyCount><MaxKeys>1000</MaxKeys>"
    "<IsTruncated>false</IsTruncated><Contents><Key>my-image.jpg</Key>"
    "<LastModified>2009-10-12T17:50:30.000Z</LastModified>"
    "<ETag>\"fba9dede5f27731c9771645a39863328\"</ETag><Size>434234</Size>"
    "<StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>";

std::string changed(std::string_view what, std::string_view to) {
  std::string text = kListing;
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), to);
}

TEST_CASE("a listing is read as S3's documentation shows it") {
  const S3Page page = must(parse_s3_listing(kListing));
  CHECK_FALSE(page.more);
  REQUIRE(page.objects.size() == 1);
  CHECK(page.objects[0].name == "my-image.jpg");
  CHECK(page.objects[0].size == 434234);
  CHECK(format_utc(page.objects[0].modified) == "2009-10-12T17:50:30.000Z");
  CHECK(must(parse_s3_listing(changed(">false<", ">true<"))).more);
}

TEST_CASE("a listing that lacks something, or would never end, is refused") {
  CHECK_FALSE(parse_s3_listing(changed(">434234<", ">-1<")));
  CHECK_FALSE(parse_s3_listing(changed(">434234<", "><")));
  CHECK_FALSE(parse_s3_listing(changed(">2009-10-12T17:50:30.000Z<", ">yesterday<")));
  CHECK_FALSE(parse_s3_listing(changed(">my-image.jpg<", "><")));
  CHECK_FALSE(parse_s3_listing(changed(">false<", ">perhaps<")));
  CHECK_FALSE(parse_s3_listing(changed("ListBucketResult xmlns", "Other xmlns")));
  CHECK_FALSE(
      parse_s3_listing("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"));
  CHECK_FALSE(parse_s3_listing("<Error><Code>AccessDenied</Code></Error>"));
  const auto refused = parse_s3_listing("");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::storage_failed);
}

TEST_CASE("the word of an error's answer is found") {
  CHECK(s3_error_word("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>NoSuchKey</Code>"
                      "<Message>gone</Message></Error>") == "NoSuchKey");
  CHECK(s3_error_word("<html><body>502</body></html>").empty());
  CHECK(s3_error_word("").empty());
}

}  // namespace
}  // namespace mkt
